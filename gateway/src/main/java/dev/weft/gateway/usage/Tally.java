package dev.weft.gateway.usage;

import dev.weft.kit.rpc.CallEffort;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** What one request uses while it runs. Thread-safe: written by event loops and by the request's own thread. */
public final class Tally {

    private static final String KEY = Tally.class.getName();

    private final Budget budget;
    private String model = "";
    private String backend = "";
    private CallEffort effort = CallEffort.NONE;
    private List<Part> others = List.of();
    private boolean failed;

    /** What it uses of one model. */
    record Part(String model, String backend, CallEffort effort) {}

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

    /** A service has asked that model for the request, besides the one that it asks itself, if any. */
    public synchronized void alsoAsked(String name, String where, CallEffort more) {
        others = Stream.concat(others.stream(), Stream.of(new Part(name, where, more)))
                .toList();
    }

    /** The request failed in spite of what its status says, which was sent before. */
    public synchronized void fail() {
        failed = true;
    }

    /** What it has used until now of each model that it has asked; nothing when there is none. */
    synchronized List<Part> parts() {
        if (model.isEmpty()) {
            return others;
        }
        Part own = new Part(model, backend, effort);
        return others.isEmpty()
                ? List.of(own)
                : Stream.concat(Stream.of(own), others.stream()).toList();
    }

    synchronized boolean isFailed() {
        return failed;
    }

    /** What the request has used until now, of all models. */
    public synchronized CallEffort effort() {
        CallEffort sum = effort;
        for (Part other : others) {
            sum = sum.plus(other.effort());
        }
        return sum;
    }
}
