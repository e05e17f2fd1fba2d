package dev.weft.inference.batching;

import dev.weft.inference.batching.RowQueue.Taken;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.time.Deadline;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One model's sessions and the bounded queue in front of them. Batching is greedy: a free session takes what waits, up to the limits of
 * a batch, and no timer holds a row back. Rows of several requests share a batch and return to their owners. Work is refused at
 * once when the queue is full, and dropped before it is computed when its caller is gone or its deadline has passed.
 *
 * <p>Thread-safe: one lock guards the queue and all jobs, and is never held while anything is computed or completed. Owns its session
 * threads until closed.
 */
public final class Batcher<R extends Row> implements AutoCloseable {

    private static final Duration SHORTEST_RETRY = Duration.ofMillis(10);
    private static final Duration LONGEST_RETRY = Duration.ofSeconds(30);

    /** What an interactive row may wait for a batch run in the session that is kept for it: about as long as such rows take themselves. */
    private static final Duration SHORT_RUN = Duration.ofMillis(5);

    /**
     * How a batcher is set up.
     *
     * @param model for messages and thread names
     * @param sessions how many runs may compute at a time
     * @param capacity how many rows may wait
     * @param patience how long an interactive row may have to wait, as far as can be told when it comes
     * @param limits of one run
     */
    public record Settings(String model, int sessions, int capacity, Duration patience, BatchLimits limits) {}

    /** Told of every run, on the session's thread. */
    @FunctionalInterface
    public interface RunListener<R extends Row> {
        /** {@code rows} were computed together; {@code queued} is how long the first of them had waited. */
        void ran(List<R> rows, Duration queued, Duration computed);
    }

    private final Settings settings;
    private final RunListener<R> listener;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Condition room = lock.newCondition();
    private final RowQueue<R> queue;
    private final ArrayDeque<Runnable> preparations = new ArrayDeque<>();
    private final Set<Job<R>> unfinished = new HashSet<>();
    private final List<Thread> threads = new ArrayList<>();
    private int idle;
    private int batchRuns;
    private boolean closed;
    private final Pace pace = new Pace();
    private final LongSupplier nanoTime;

    /**
     * Starts the sessions' threads.
     *
     * @param runners makes each session's own runner; called once per session
     */
    public Batcher(Settings settings, Supplier<BatchRunner<R>> runners, RunListener<R> listener) {
        this(settings, runners, listener, System::nanoTime);
    }

    /** @param nanoTime tells how long ago interactive rows came */
    Batcher(Settings settings, Supplier<BatchRunner<R>> runners, RunListener<R> listener, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.settings = settings;
        this.listener = listener;
        this.queue = new RowQueue<>(settings.limits());
        // All runners before the first thread, which nobody would end if a runner could not be made.
        List<BatchRunner<R>> made =
                Stream.generate(runners).limit(settings.sessions()).toList();
        for (int i = 0; i < settings.sessions(); i++) {
            BatchRunner<R> runner = made.get(i);
            threads.add(Thread.ofPlatform()
                    .daemon()
                    .name("session-" + settings.model() + "-" + i)
                    .start(() -> work(runner)));
        }
    }

    /** How many rows may wait for a session. */
    public int capacity() {
        return settings.capacity();
    }

    /** How many rows wait for a session. */
    public int waiting() {
        lock.lock();
        try {
            return queue.rows();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Has all rows of a request, or of a part of it, computed.
     *
     * @param rows not empty
     * @return completes on a session's thread when every row has its result, or exceptionally with a {@link Failure}; completing it
     *     from outside, by cancelling for instance, drops the rows that still wait
     * @throws ResourceExhausted when there is no room for them, or when they would wait until after their deadline
     * @throws Unavailable when the batcher is closed
     */
    public CompletableFuture<RunTimes> submit(List<R> rows, Priority priority, Deadline deadline) {
        lock.lock();
        try {
            requireRoom(rows.size(), priority, deadline);
            return add(rows, priority, deadline);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Throws what {@link #submit} would: to be asked before rows are prepared, since under overload preparing what is then refused takes
     * the time of what is not.
     */
    public void requireRoom(int rows, Priority priority, Deadline deadline) {
        lock.lock();
        try {
            requireOpen();
            if (queue.rows() + rows > settings.capacity()) {
                dropExpired();
            }
            if (queue.rows() + rows > settings.capacity()) {
                throw new ResourceExhausted(
                        "queue of model '" + settings.model() + "': " + queue.rows() + " rows wait and " + rows
                                + " more came (expected: at most " + settings.capacity() + " in all)",
                        retryAfter(Priority.BATCH));
            }
            requirePatience(priority, deadline);
        } finally {
            lock.unlock();
        }
    }

    /**
     * As {@link #submit}, but waits until at most half of the queue is taken: for the further parts of a large request, which neither is
     * refused in its middle nor keeps the room that others need.
     *
     * @throws DeadlineExceeded when there is no room before the deadline
     * @throws Cancelled when this thread is interrupted
     */
    public CompletableFuture<RunTimes> submitWhenRoom(List<R> rows, Priority priority, Deadline deadline) {
        lock.lock();
        try {
            long left = deadline.remaining().toNanos();
            while (!closed && queue.rows() + rows.size() > settings.capacity() / 2 && queue.rows() > 0) {
                if (left <= 0) {
                    throw expired();
                }
                left = room.awaitNanos(left);
            }
            requireOpen();
            return add(rows, priority, deadline);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new Cancelled("the client went away");
        } finally {
            lock.unlock();
        }
    }

    /** Work that nobody will wait for is refused when it comes, not when it has waited. */
    private void requirePatience(Priority priority, Deadline deadline) {
        Duration wait = expectedWait(priority);
        Duration patience = deadline.remaining();
        if (priority == Priority.INTERACTIVE && settings.patience().compareTo(patience) < 0) {
            patience = settings.patience();
        }
        if (wait.compareTo(patience) > 0) {
            String message = "queue of model '" + settings.model() + "': a wait of about " + wait.toMillis()
                    + " ms (expected: at most " + patience.toMillis() + " ms)";
            // A caller in a greater hurry than others says nothing about these.
            throw patience.equals(settings.patience())
                    ? ResourceExhausted.crowded(message, retryAfter(priority))
                    : new ResourceExhausted(message, retryAfter(priority));
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new Unavailable("model '" + settings.model() + "' is being unloaded");
        }
    }

    private CompletableFuture<RunTimes> add(List<R> rows, Priority priority, Deadline deadline) {
        List<R> ordered = rows;
        if (settings.limits().rows() > 1 && rows.size() > 1) {
            // Neighbours of similar length; the longest first, so that the narrow rows left over are the ones that
            // wait.
            ordered = rows.stream()
                    .sorted(Comparator.comparingInt(Row::length).reversed())
                    .toList();
        }
        long now = nanoTime.getAsLong();
        Job<R> job = new Job<>(ordered, priority, deadline, now);
        CompletableFuture<RunTimes> _ = job.result.whenComplete((_, failure) -> {
            if (failure != null) {
                drop(job);
            }
        });
        unfinished.add(job);
        queue.add(job, now);
        // A session thread that submits takes a row itself as soon as it is back.
        int wake = Math.min(idle, rows.size() - (threads.contains(Thread.currentThread()) ? 1 : 0));
        for (int i = 0; i < wake; i++) {
            work.signal();
        }
        return job.result;
    }

    private void drop(Job<R> job) {
        lock.lock();
        try {
            queue.drop(job);
            unfinished.remove(job);
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Has a session that idles run this, which prepares rows and submits them: the row is then computed where it was prepared, with no
     * thread to wake in between.
     *
     * @return false when every session is busy; the caller then runs it elsewhere
     */
    public boolean runOnIdleSession(Runnable preparation) {
        lock.lock();
        try {
            if (closed || idle <= preparations.size() + takeable()) {
                return false;
            }
            preparations.addLast(preparation);
            work.signal();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** How many rows wait for a session that idles: none of batch, where it is kept free of them. */
    private int takeable() {
        return batchTokens(nanoTime.getAsLong()) == Long.MAX_VALUE ? queue.rows() : queue.interactiveRows();
    }

    /** Fails the requests whose deadline has passed, so that nobody waits for a session to find out, or to end. To be called now and then. */
    public void expire() {
        List<Job<R>> expired;
        lock.lock();
        try {
            expired =
                    unfinished.stream().filter(job -> job.deadline.isExpired()).toList();
        } finally {
            lock.unlock();
        }
        expired.forEach(job -> job.result.completeExceptionally(expired()));
    }

    /** Makes room before a request is refused for rows that nobody will compute. */
    private void dropExpired() {
        for (Job<R> job : queue.jobs()) {
            if (job.deadline.isExpired()) {
                queue.drop(job);
                // Its callers' reactions are not ours to run under the lock.
                Thread.startVirtualThread(() -> job.result.completeExceptionally(expired()));
            }
        }
    }

    private DeadlineExceeded expired() {
        return new DeadlineExceeded("deadline passed while model '" + settings.model() + "' had the request");
    }

    /** How long a row that comes now waits, from the rows before it and the time that rows have taken lately. */
    private Duration expectedWait(Priority priority) {
        return Duration.ofNanos(pace.nanos(queue.tokensBefore(priority)) / settings.sessions());
    }

    /** When half of what waits before a row of that priority has been computed: sessions must not run dry meanwhile. */
    private Duration retryAfter(Priority priority) {
        Duration half = expectedWait(priority).dividedBy(2);
        return half.compareTo(SHORTEST_RETRY) < 0
                ? SHORTEST_RETRY
                : half.compareTo(LONGEST_RETRY) > 0 ? LONGEST_RETRY : half;
    }

    private void work(BatchRunner<R> runner) {
        for (Work<R> next = next(); next != null; next = next()) {
            boolean isBatch = next.isBatch();
            try {
                if (next.preparation() != null) {
                    next.preparation().run();
                } else {
                    compute(runner, next.batch());
                }
            } catch (Throwable e) {
                // Whatever it is, an OutOfMemoryError too: the session must go on, and its callers must not wait for
                // an answer that never comes.
                next.batch().forEach(taken -> taken.job().result.completeExceptionally(GrpcFailures.toFailure(e)));
            } finally {
                if (isBatch) {
                    ended();
                }
            }
        }
    }

    /** What a session does next: one of the two. */
    private record Work<R extends Row>(@Nullable Runnable preparation, List<Taken<R>> batch) {

        private boolean isBatch() {
            return !batch.isEmpty() && batch.getFirst().job().priority == Priority.BATCH;
        }
    }

    /**
     * How many tokens a batch run may have now. While interactive rows come, one session is kept free of long batch runs: what has just missed a session
     * would wait for a run to end, as long as its text is.
     */
    private long batchTokens(long now) {
        return settings.sessions() == 1 || batchRuns < settings.sessions() - 1 || !queue.isInteractiveLikely(now)
                ? Long.MAX_VALUE
                : pace.tokens(SHORT_RUN.toNanos());
    }

    /** A batch run has ended. */
    private void ended() {
        lock.lock();
        try {
            batchRuns--;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for work; null when there will be none. */
    private @Nullable Work<R> next() {
        lock.lock();
        try {
            while (true) {
                Runnable preparation = preparations.pollFirst();
                long now = nanoTime.getAsLong();
                List<Taken<R>> batch =
                        preparation == null ? queue.take(now, closed ? Long.MAX_VALUE : batchTokens(now)) : List.of();
                if (preparation != null || !batch.isEmpty()) {
                    room.signalAll();
                    Work<R> next = new Work<>(preparation, batch);
                    if (next.isBatch()) {
                        batchRuns++;
                    }
                    if (idle > 0 && queue.hasBatch(batchTokens(now))) {
                        // Left alone by a session that was kept free when they came.
                        work.signal();
                    }
                    return next;
                }
                if (closed) {
                    return null;
                }
                idle++;
                work.awaitUninterruptibly();
                idle--;
            }
        } finally {
            lock.unlock();
        }
    }

    private void compute(BatchRunner<R> runner, List<Taken<R>> batch) {
        List<R> rows = new ArrayList<>(batch.size());
        Map<Job<R>, Integer> owners = new LinkedHashMap<>();
        for (Taken<R> taken : batch) {
            if (taken.job().deadline.isExpired()) {
                taken.job().result.completeExceptionally(expired());
            } else if (!taken.job().result.isDone()) {
                rows.add(taken.row());
                owners.merge(taken.job(), 1, Integer::sum);
            }
        }
        if (rows.isEmpty()) {
            return;
        }
        long start = System.nanoTime();
        try {
            runner.run(rows);
        } catch (Throwable e) {
            // Whatever it is, an OutOfMemoryError too: the callers must not wait for an answer that never comes.
            if (owners.size() == 1) {
                owners.keySet().iterator().next().result.completeExceptionally(GrpcFailures.toFailure(e));
            } else {
                // One request's rows must not fail another's.
                owners.keySet().forEach(owner -> compute(runner, ofOwner(batch, owner)));
            }
            return;
        }
        finish(rows, owners, start, System.nanoTime());
    }

    private static <R extends Row> List<Taken<R>> ofOwner(List<Taken<R>> batch, Job<R> owner) {
        return batch.stream().filter(taken -> taken.job() == owner).toList();
    }

    private void finish(List<R> rows, Map<Job<R>, Integer> owners, long start, long end) {
        long tokens = 0;
        for (R row : rows) {
            tokens += row.length();
        }
        List<Job<R>> complete = new ArrayList<>(owners.size());
        Duration queued = Duration.ZERO;
        lock.lock();
        try {
            pace.ran(tokens, end - start);
            for (Map.Entry<Job<R>, Integer> owner : owners.entrySet()) {
                if (owner.getKey().finish(owner.getValue(), end - start)) {
                    unfinished.remove(owner.getKey());
                    complete.add(owner.getKey());
                }
            }
            queued = owners.keySet().iterator().next().times().queued();
        } finally {
            lock.unlock();
        }
        listener.ran(rows, queued, Duration.ofNanos(end - start));
        for (Job<R> job : complete) {
            job.result.complete(job.times());
        }
    }

    /**
     * Refuses new work, finishes what runs and waits, and ends the threads.
     *
     * @return false when a run is still computing after {@code patience}; what it computes with must not be freed
     */
    public boolean close(Duration patience) {
        lock.lock();
        try {
            closed = true;
            work.signalAll();
            room.signalAll();
        } finally {
            lock.unlock();
        }
        Deadline end = Deadline.after(patience);
        try {
            for (Thread thread : threads) {
                if (!thread.join(end.remaining())) {
                    return false;
                }
            }
            return true;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return threads.stream().noneMatch(Thread::isAlive);
        }
    }

    @Override
    public void close() {
        if (!close(LONGEST_RETRY)) {
            throw new IllegalStateException("a run of model '" + settings.model() + "' does not end");
        }
    }
}
