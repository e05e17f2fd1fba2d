package dev.weft.gateway.usage;

import dev.weft.kit.rpc.CallEffort;
import io.vertx.ext.web.RoutingContext;
import java.util.Objects;

/** What one request uses while it runs. Thread-safe: written by event loops and by the request's own thread. */
public final class Tally {

    private static final String KEY = Tally.class.getName();

    private final Budget budget;
    private String model = "";
    private String backend = "";
    private CallEffort effort = CallEffort.NONE;
    private boolean failed;

    public Tally() {
        this(Budget.UNLIMITED);
    }

    /**
     * Nothing yet.
     *
     * @param budget of whoever makes the request
     */
    public Tally(Budget budget) {
        this.budget = budget;
    }

    /** The request's; one that nobody reads when it needed no admission. */
    public static Tally of(RoutingContext request) {
        return Objects.requireNonNullElseGet(request.get(KEY), Tally::new);
    }

    /** Notes it as the request's. */
    public void attach(RoutingContext request) {
        request.put(KEY, this);
    }

    /** What may be spent on models that the request asks. */
    public Budget budget() {
        return budget;
    }

    /** A model is asked. */
    public synchronized void asked(String name, String where) {
        model = name;
        backend = where;
    }

    /** It turned out that there is no such model: names that clients invent are nothing to keep. */
    public synchronized void unknownModel() {
        model = "";
    }

    /** An answer took that, and may not be the last. */
    public synchronized void add(CallEffort more) {
        effort = effort.plus(more);
    }

    /** The request failed in spite of what its status says, which was sent before. */
    public synchronized void fail() {
        failed = true;
    }

    /** The model's name; empty when none was asked. */
    synchronized String model() {
        return model;
    }

    synchronized String backend() {
        return backend;
    }

    synchronized boolean isFailed() {
        return failed;
    }

    /** What the request has used until now. */
    public synchronized CallEffort effort() {
        return effort;
    }
}
