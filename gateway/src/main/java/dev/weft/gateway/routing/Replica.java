package dev.weft.gateway.routing;

import dev.weft.gateway.routing.ReplicaStatus.State;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One process of inference-service as this gateway knows it. Thread-safe. */
public final class Replica {

    private final String id;
    private final String pool;
    private final long hash;
    private final AtomicInteger outstanding = new AtomicInteger();

    private volatile ReplicaStatus status = ReplicaStatus.UNKNOWN;
    private volatile String trouble = "was not asked yet";
    private volatile boolean down;

    /**
     * @param id its address, {@code host:port}
     * @param pool which of the configured pools it belongs to
     */
    public Replica(String id, String pool) {
        this.id = id;
        this.pool = pool;
        this.hash = Rendezvous.hash(id);
    }

    public String id() {
        return id;
    }

    public String pool() {
        return pool;
    }

    long hash() {
        return hash;
    }

    /** What it told last. */
    public ReplicaStatus status() {
        return status;
    }

    /** Why no request should go to it; empty when one may. */
    public String trouble() {
        return trouble;
    }

    /** It has told how it is doing. */
    public void told(ReplicaStatus told) {
        status = told;
        down = false;
        trouble = told.draining() ? "is ending" : told.ready() ? "" : "is loading its models";
    }

    /** It does not answer; no request goes to it until it has told how it is doing. */
    public void silent(String why) {
        down = true;
        trouble = why;
    }

    /** True when nothing is known against it: a replica that was never asked is worth a try. */
    boolean isUsable() {
        return !down && !status.draining();
    }

    /** True when it is usable and has loaded what it loads at start. */
    boolean isReady() {
        return !down && status.ready() && !status.draining();
    }

    @Nullable
    State stateOf(String model) {
        ReplicaStatus.Model on = status.models().get(model);
        return on == null ? null : on.state();
    }

    /** Requests of this gateway that it has not answered. */
    public int outstanding() {
        return outstanding.get();
    }

    /** A request goes to it. */
    public void begin() {
        outstanding.incrementAndGet();
    }

    /** A request that went to it has ended. */
    public void end() {
        outstanding.decrementAndGet();
    }

    @Override
    public String toString() {
        return id;
    }
}
