package dev.weft.inference.batching;

import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.time.Deadline;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The bounded queue in front of one model's session threads. Work is refused at once when the queue is full, and dropped before
 * it is computed when its caller is gone or its deadline has passed. Thread-safe; owns its threads until closed.
 */
public final class RunQueue {

    private static final Duration RETRY_AFTER = Duration.ofMillis(100);

    private final String model;
    private final int capacity;
    private final ThreadPoolExecutor threads;

    /**
     * @param model for messages and thread names
     * @param sessions how many runs may compute at a time
     * @param capacity how many runs may wait
     */
    public RunQueue(String model, int sessions, int capacity) {
        this.model = model;
        this.capacity = capacity;
        this.threads = new ThreadPoolExecutor(
                sessions,
                sessions,
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(capacity),
                Thread.ofPlatform().daemon().name("session-" + model + "-", 0).factory());
    }

    /**
     * What a run gave and what it took.
     *
     * @param value what the work returned
     * @param queued from the call to the first instruction of the work
     * @param computed inside the work
     */
    public record Run<T>(T value, Duration queued, Duration computed) {}

    /** How many runs wait for a session. */
    public int pending() {
        return threads.getQueue().size();
    }

    /**
     * Computes {@code work} on a session thread and waits for it, at most until {@code deadline}.
     *
     * @throws ResourceExhausted when the queue is full
     * @throws DeadlineExceeded when the deadline passes, before the work starts or while it runs
     * @throws Cancelled when this thread is interrupted; work that has not started is dropped
     * @throws Unavailable when the queue is closed
     */
    public <T> Run<T> run(Callable<T> work, Deadline deadline) {
        if (deadline.isExpired()) {
            throw new DeadlineExceeded("deadline passed before model '" + model + "' was asked");
        }
        Pending<T> pending = new Pending<>(work, deadline);
        try {
            threads.execute(pending);
        } catch (java.util.concurrent.RejectedExecutionException _) {
            if (threads.isShutdown()) {
                throw new Unavailable("model '" + model + "' is being unloaded");
            }
            throw new ResourceExhausted(
                    "queue of model '" + model + "': " + capacity + " runs waiting (expected: room)", RETRY_AFTER);
        }
        return await(pending, deadline);
    }

    private <T> Run<T> await(Pending<T> pending, Deadline deadline) {
        try {
            return pending.result.get(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException _) {
            threads.remove(pending);
            throw new DeadlineExceeded("deadline passed while model '" + model + "' had the request");
        } catch (InterruptedException _) {
            pending.result.cancel(false);
            threads.remove(pending);
            throw new Cancelled("the client went away");
        } catch (ExecutionException e) {
            throw GrpcFailures.toFailure(e.getCause() == null ? e : e.getCause());
        }
    }

    /**
     * Refuses new work, finishes what runs and waits, and ends the threads.
     *
     * @return false when a run is still computing after {@code patience}; what it computes with must not be freed
     */
    public boolean close(Duration patience) {
        threads.shutdown();
        try {
            return threads.awaitTermination(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return threads.isTerminated();
        }
    }

    /** One run that waits; completes its result exactly once. */
    private static final class Pending<T> implements Runnable {
        private final Callable<T> work;
        private final Deadline deadline;
        private final long arrival = System.nanoTime();
        private final CompletableFuture<Run<T>> result = new CompletableFuture<>();

        private Pending(Callable<T> work, Deadline deadline) {
            this.work = work;
            this.deadline = deadline;
        }

        @Override
        public void run() {
            if (result.isDone() || deadline.isExpired()) {
                return;
            }
            long start = System.nanoTime();
            try {
                T value = work.call();
                long end = System.nanoTime();
                result.complete(new Run<>(value, Duration.ofNanos(start - arrival), Duration.ofNanos(end - start)));
            } catch (Throwable e) {
                // Whatever it is, an OutOfMemoryError too: the caller must not wait for an answer that never comes.
                result.completeExceptionally(e);
            }
        }
    }
}
