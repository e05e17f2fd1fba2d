package dev.weft.embedding.batch;

import dev.weft.kit.error.Failure;
import dev.weft.kit.time.Backoff;
import dev.weft.kit.time.Deadline;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Makes calls again until they have an answer that stays the same, for the work on one chunk. Thread-safe; blocks. */
final class Retries {

    /** How often a call is made that has no answer and does not say why. */
    private static final int DEFECTS = 3;

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LOOK = Duration.ofMillis(100);

    private final Deadline limit;
    private final Backoff backoff;
    private final BooleanSupplier abandoned;

    /** @param abandoned true when nobody wants the answers any more */
    Retries(BatchConfig config, BooleanSupplier abandoned) {
        this.limit = Deadline.after(config.retryLimit());
        this.backoff = new Backoff(FIRST_PAUSE, config.retryPause());
        this.abandoned = abandoned;
    }

    /** Nobody wants the results any more. */
    static final class Abandoned extends RuntimeException {
        Abandoned() {
            super("abandoned", null, false, false);
        }
    }

    /**
     * Makes a call, and again while whom it asks is away or without room.
     *
     * @param service whom it asks, for the message when he fails for too long
     * @throws Abandoned when nobody wants the answer any more
     * @throws Failure that stays the same, or is there still when the retry limit has passed
     */
    <T> T call(String service, Supplier<T> call) {
        int failures = 0;
        int defects = 0;
        while (true) {
            Failure failure;
            try {
                return call.get();
            } catch (Failure.Unavailable
                    | Failure.ResourceExhausted
                    | Failure.DeadlineExceeded
                    | Failure.Cancelled
                    | Failure.Aborted
                    | Failure.Unauthenticated e) {
                failure = e;
            } catch (Failure.Internal e) {
                defects++;
                if (defects == DEFECTS) {
                    throw e;
                }
                failure = e;
            }
            if (limit.isExpired()) {
                throw failure instanceof Failure.Internal
                        ? new Failure.Unavailable(service + " fails: " + failure.getMessage())
                        : failure;
            }
            failures++;
            pause(backoff.after(failures));
        }
    }

    /** @throws Abandoned when nobody wants the answers any more */
    void check() {
        if (abandoned.getAsBoolean() || Thread.currentThread().isInterrupted()) {
            throw new Abandoned();
        }
    }

    private void pause(Duration pause) {
        Deadline end = Deadline.after(pause);
        while (!end.isExpired()) {
            check();
            LockSupport.parkNanos(Math.min(LOOK.toNanos(), end.remaining().toNanos()));
        }
    }
}
