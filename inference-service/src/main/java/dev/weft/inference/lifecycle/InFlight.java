package dev.weft.inference.lifecycle;

import dev.weft.inference.modelpackage.ModelId;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;

/** The requests that a model is computing, and its end: when it is retired and the last of them has left, it is freed. Thread-safe. */
final class InFlight {

    private static final Logger LOG = Logger.getLogger(InFlight.class);

    private final ModelId model;
    private final CompletableFuture<Boolean> freed = new CompletableFuture<>();
    private final Phaser parties;
    private volatile long lastEntered = System.nanoTime();

    /**
     * No request yet.
     *
     * @param free frees the model; called once, on a thread of its own, when nobody is in flight
     */
    InFlight(ModelId model, Runnable free) {
        this.model = model;
        // One party for the model itself and one for each request: it advances, once, when retired and drained.
        this.parties = new Phaser(1) {
            @Override
            protected boolean onAdvance(int phase, int registered) {
                Thread.ofVirtual().name("free-model").start(() -> free(free));
                return true;
            }
        };
    }

    private void free(Runnable work) {
        try {
            work.run();
            freed.complete(true);
        } catch (RuntimeException e) {
            freed.completeExceptionally(e);
        }
    }

    /** Counts a request in; false when the model has been retired. */
    boolean enter() {
        if (parties.register() < 0) {
            return false;
        }
        lastEntered = System.nanoTime();
        return true;
    }

    /** Counts a request out that was counted in. */
    void leave() {
        parties.arriveAndDeregister();
    }

    /** True when no request is in flight. */
    boolean isEmpty() {
        return parties.getRegisteredParties() <= 1;
    }

    /** When somebody last asked, in the terms of {@link System#nanoTime()}. */
    long lastEntered() {
        return lastEntered;
    }

    /**
     * Lets no request in any more, and has the model freed when those in flight have left. Returns when that is done, at the latest after
     * {@code patience}; what is in flight then still ends as it would have.
     *
     * @return true when the model is freed
     */
    boolean retire(Duration patience) {
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
