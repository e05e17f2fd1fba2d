package dev.weft.inference.batching;

import dev.weft.kit.time.Deadline;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one request that wait or are computed. Its fields are guarded by the batcher's lock; only the result is completed
 * outside of it, by whoever is first: the last run, a failure, or the caller who gives up.
 */
final class Job<R extends Row> {

    final Priority priority;
    final Deadline deadline;
    final CompletableFuture<RunTimes> result = new CompletableFuture<>();
    private final ArrayDeque<R> waiting;
    private final long arrival;
    private int unfinished;
    private long tokens;
    private long firstTaken;
    private long computed;

    Job(Collection<R> rows, Priority priority, Deadline deadline, long now) {
        this.waiting = new ArrayDeque<>(rows);
        this.unfinished = rows.size();
        for (R row : rows) {
            tokens += row.length();
        }
        this.priority = priority;
        this.deadline = deadline;
        this.arrival = now;
    }

    /** How many rows no session has taken yet. */
    int waiting() {
        return waiting.size();
    }

    /** How many tokens those have. */
    long tokens() {
        return tokens;
    }

    /** The row that is taken next; null when none is left. */
    @Nullable
    R peek() {
        return waiting.peekFirst();
    }

    R take(long now) {
        if (firstTaken == 0) {
            firstTaken = now;
        }
        R row = waiting.removeFirst();
        tokens -= row.length();
        return row;
    }

    /** Forgets the rows that wait; returns how many those were. */
    int drop() {
        int dropped = waiting.size();
        waiting.clear();
        tokens = 0;
        return dropped;
    }

    /** Tells that so many rows have been computed by a run of that length; true when they were the last. */
    boolean finish(int rows, long nanos) {
        unfinished -= rows;
        computed += nanos;
        return unfinished == 0;
    }

    RunTimes times() {
        return new RunTimes(Duration.ofNanos(firstTaken - arrival), Duration.ofNanos(computed));
    }
}
