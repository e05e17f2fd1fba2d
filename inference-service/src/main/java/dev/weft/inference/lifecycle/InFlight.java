package dev.weft.inference.lifecycle;

import dev.weft.inference.modelpackage.ModelId;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;

/** The requests that a model is computing, and its end: when it is retired and the last of them has left, it is freed. Thread-safe. */
public final class InFlight {

    private static final Logger LOG = Logger.getLogger(InFlight.class);

    private final ModelId model;
    private final Runnable free;
    private final CompletableFuture<Boolean> freed = new CompletableFuture<>();

    /** One for the model itself and one for each request; once it is 0 it stays so. */
    private final AtomicInteger parties = new AtomicInteger(1);

    private volatile boolean retired;
    private volatile long lastEntered = System.nanoTime();

    /**
     * No request yet.
     *
     * @param free frees the model; called once, on a thread of its own, when nobody is in flight
     */
    InFlight(ModelId model, Runnable free) {
        this.model = model;
        this.free = free;
    }

    private void free() {
        try {
            free.run();
            freed.complete(true);
        } catch (Throwable e) {
            // Whatever it is: somebody waits to be told.
            freed.completeExceptionally(e);
        }
    }

    /** Counts a request in; false when the model has been retired. */
    boolean enter() {
        if (retired || !stay()) {
            return false;
        }
        lastEntered = System.nanoTime();
        return true;
    }

    /**
     * Counts in a part of a request that may outlive its answer, and uses the model until it leaves; false when the model is freed or about
     * to be.
     */
    boolean stay() {
        return parties.getAndUpdate(count -> count == 0 ? 0 : count + 1) > 0;
    }

    /** Counts a request out that was counted in. */
    void leave() {
        if (parties.decrementAndGet() == 0) {
            Thread.ofVirtual().name("free-model").start(this::free);
        }
    }

    /** Requests that are being computed. */
    public int count() {
        return Math.max(0, parties.get() - (retired ? 0 : 1));
    }

    /** True when no request is in flight. */
    boolean isEmpty() {
        return parties.get() <= (retired ? 0 : 1);
    }

    /** True when the model has been retired and its memory is free. */
    boolean isFreed() {
        return freed.isDone() && !freed.isCompletedExceptionally();
    }

    /** When somebody last asked, in the terms of {@link System#nanoTime()}. */
    long lastEntered() {
        return lastEntered;
    }

    /**
     * Lets no request in any more, and has the model freed when those in flight have left. Returns when that is done, at the latest after
     * {@code patience}; what is in flight then still ends as it would have. To be called once.
     *
     * @return true when the model is freed
     */
    boolean retire(Duration patience) {
        retired = true;
        leave();
        try {
            return freed.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            LOG.warnf(
                    "model %s still has requests in flight after %d s; it is freed when they end",
                    model, patience.toSeconds());
        } catch (ExecutionException e) {
            LOG.errorf(e.getCause(), "model %s cannot be freed", model);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        return false;
    }
}
