package dev.weft.gateway.routing;

import dev.weft.gateway.routing.ReplicaStatus.State;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One process of inference-service as this gateway knows it. Thread-safe. */
public final class Replica {

    /** However long it says: what it computes may get faster. */
    private static final Duration LONGEST_CROWDED = Duration.ofSeconds(1);

    private final String id;
    private final String pool;
    private final String name;
    private final long hash;
    private final AtomicInteger outstanding = new AtomicInteger();

    /** Models whose queue there is too long for whoever is in a hurry, and until when, of {@link System#nanoTime()}. */
    private final Map<String, Long> crowded = new ConcurrentHashMap<>();

    private volatile ReplicaStatus status = ReplicaStatus.UNKNOWN;
    private volatile String trouble = "was not asked yet";
    private volatile boolean down;
    private volatile long refused = System.nanoTime() - 1;

    /**
     * @param id its address, {@code host:port}
     * @param pool which of the configured pools it belongs to
     */
    public Replica(String id, String pool) {
        this(id, pool, id.substring(0, id.lastIndexOf(':')));
    }

    /**
     * @param id its address, {@code host:port}
     * @param pool which of the configured pools it belongs to
     * @param name by which the address was found; its certificate must say it
     */
    public Replica(String id, String pool, String name) {
        this.id = id;
        this.pool = pool;
        this.name = name;
        this.hash = Rendezvous.hash(id);
    }

    public String id() {
        return id;
    }

    public String pool() {
        return pool;
    }

    /** By which its address was found. */
    public String name() {
        return name;
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

    /** It is there and does not want this gateway; no request goes to it until it has told how it is doing. */
    public void refuses(String why) {
        refused = System.nanoTime();
        silent(why);
    }

    /** Whether it has refused this gateway after that time of {@link System#nanoTime()}. */
    public boolean hasRefusedSince(long nanoTime) {
        return refused - nanoTime >= 0;
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

    /** It has refused a request because the model's queue is too long, and would refuse others for that long. */
    public void crowded(String model, Duration until) {
        crowded.put(model, System.nanoTime() + Math.min(until.toNanos(), LONGEST_CROWDED.toNanos()));
    }

    /** For how long it would still refuse a request for the model that does not wait, in ns; 0 or less when it would take it. */
    long crowdedNanos(String model) {
        Long until = crowded.isEmpty() ? null : crowded.get(model);
        return until == null ? 0 : until - System.nanoTime();
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
