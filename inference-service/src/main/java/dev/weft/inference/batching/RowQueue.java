package dev.weft.inference.batching;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The rows that wait for a session, and the choice of those that are computed together. Not thread-safe: the batcher holds its lock.
 *
 * <p>Jobs of one priority take turns: the one at the head gives the first row of a batch and goes to the tail, so a request of ten
 * thousand rows and one of a single row both get their next row within one round. The batch is then filled from the jobs behind it,
 * oldest first, with rows that its width suits. Interactive rows come before batch rows, but one choice in {@value #BATCH_SHARE} is
 * batch's.
 */
final class RowQueue<R extends Row> {

    /** Background work must not stand still under interactive load that never pauses. */
    private static final int BATCH_SHARE = 16;

    /** Batch runs are so much shorter while interactive rows come: what has just missed a session waits for a run to end. */
    private static final int BATCH_SHORTENING = 4;

    /** How long after the last interactive row batch runs stay short. */
    private static final long RECENT_NANOS = 1_000_000_000L;

    /**
     * How long after the last interactive row another is likely. Shorter than the time of short runs: where a request comes now and then, a session that
     * is kept for it costs more than it gains.
     */
    private static final long LIKELY_NANOS = 250_000_000L;

    /** How many jobs are looked at to fill a batch, so that a choice takes microseconds however long the queue. */
    private static final int SEARCH_LIMIT = 512;

    private final Map<Priority, ArrayDeque<Job<R>>> lanes = new EnumMap<>(Priority.class);
    private final BatchLimits limits;
    private int rows;
    private final Map<Priority, Long> tokens = new EnumMap<>(Priority.class);
    private int interactiveInARow;
    private long lastInteractive = Long.MIN_VALUE / 2;

    /** One row that a session has taken. */
    record Taken<R extends Row>(Job<R> job, R row) {}

    RowQueue(BatchLimits limits) {
        this.limits = limits;
        for (Priority priority : Priority.values()) {
            lanes.put(priority, new ArrayDeque<>());
            tokens.put(priority, 0L);
        }
    }

    /** How many rows wait. */
    int rows() {
        return rows;
    }

    /** How many tokens, padding not counted, are computed before a row of that priority that comes now. */
    long tokensBefore(Priority priority) {
        return switch (priority) {
            case INTERACTIVE -> tokens(Priority.INTERACTIVE);
            case BATCH -> tokens(Priority.INTERACTIVE) + tokens(Priority.BATCH);
        };
    }

    private long tokens(Priority priority) {
        return tokens.getOrDefault(priority, 0L);
    }

    private void count(Priority priority, long more) {
        tokens.merge(priority, more, Long::sum);
    }

    void add(Job<R> job, long now) {
        lane(job.priority).addLast(job);
        rows += job.waiting();
        count(job.priority, job.tokens());
        if (job.priority == Priority.INTERACTIVE) {
            lastInteractive = now;
        }
    }

    /** Takes a job's rows out; those that a session has are computed to their end. */
    void drop(Job<R> job) {
        count(job.priority, -job.tokens());
        rows -= job.drop(); // the lane forgets it when it comes to its turn
    }

    /** Whether interactive rows have come of late, so that more of them are likely. */
    boolean isInteractiveLikely(long now) {
        return now - lastInteractive < LIKELY_NANOS;
    }

    /** Whether batch rows wait for a run of so many tokens. */
    boolean hasBatch(long batchTokens) {
        return batchTokens > 0 && firstBatch(batchTokens) != null;
    }

    /** How many interactive rows wait. */
    int interactiveRows() {
        return lane(Priority.INTERACTIVE).stream().mapToInt(Job::waiting).sum();
    }

    /**
     * The rows of the next run; empty when none waits.
     *
     * @param batchTokens tokens of the run, at most, if it is one of batch rows: longer rows are passed over
     */
    List<Taken<R>> take(long now, long batchTokens) {
        boolean hasInteractive = skipEmpty(Priority.INTERACTIVE);
        Job<R> first = batchTokens > 0 && skipEmpty(Priority.BATCH) ? firstBatch(batchTokens) : null;
        Priority priority = choose(hasInteractive, first != null);
        if (priority == null) {
            return List.of();
        }
        ArrayDeque<Job<R>> lane = lane(priority);
        List<Taken<R>> batch =
                switch (priority) {
                    case INTERACTIVE -> fill(lane.getFirst(), lane, limits, now);
                    case BATCH ->
                        fill(
                                Objects.requireNonNull(first),
                                lane,
                                (now - lastInteractive < RECENT_NANOS ? limits.shortened(BATCH_SHORTENING) : limits)
                                        .atMost(batchTokens),
                                now);
                };
        rows -= batch.size();
        for (Taken<R> taken : batch) {
            count(priority, -taken.row().length());
        }
        return batch;
    }

    /** The job whose turn it is, of those whose next row is no longer than that; null when there is none. */
    private @Nullable Job<R> firstBatch(long longest) {
        int looked = 0;
        for (Job<R> job : lane(Priority.BATCH)) {
            R row = job.peek();
            if (row != null && row.length() <= longest) {
                return job;
            }
            if (++looked == SEARCH_LIMIT) {
                return null;
            }
        }
        return null;
    }

    private @Nullable Priority choose(boolean interactive, boolean batch) {
        if (!interactive) {
            interactiveInARow = 0;
            return batch ? Priority.BATCH : null;
        }
        if (batch && ++interactiveInARow >= BATCH_SHARE) {
            interactiveInARow = 0;
            return Priority.BATCH;
        }
        return Priority.INTERACTIVE;
    }

    /** Forgets the jobs at the head that have no row left; true when another one is behind them. */
    private boolean skipEmpty(Priority priority) {
        ArrayDeque<Job<R>> lane = lane(priority);
        while (!lane.isEmpty() && lane.peekFirst().waiting() == 0) {
            lane.removeFirst();
        }
        return !lane.isEmpty();
    }

    private List<Taken<R>> fill(Job<R> first, ArrayDeque<Job<R>> lane, BatchLimits most, long now) {
        lane.removeFirstOccurrence(first);
        List<Taken<R>> batch = new ArrayList<>();
        batch.add(new Taken<>(first, first.take(now)));
        if (most.rows() > 1) {
            Width width = new Width(most, batch.getFirst().row().length());
            int looked = 0;
            for (Job<R> other : lane) {
                if (looked++ == SEARCH_LIMIT || batch.size() == most.rows()) {
                    break;
                }
                takeFitting(other, width, batch, now);
            }
            takeFitting(first, width, batch, now);
        }
        if (first.waiting() > 0) {
            lane.addLast(first);
        }
        return batch;
    }

    private void takeFitting(Job<R> job, Width width, List<Taken<R>> batch, long now) {
        for (R row; (row = job.peek()) != null && width.takes(row.length()); ) {
            batch.add(new Taken<>(job, job.take(now)));
        }
    }

    private ArrayDeque<Job<R>> lane(Priority priority) {
        return Objects.requireNonNull(lanes.get(priority));
    }

    /** All jobs that wait with at least one row. */
    List<Job<R>> jobs() {
        return lanes.values().stream()
                .flatMap(ArrayDeque::stream)
                .filter(job -> job.waiting() > 0)
                .toList();
    }

    /** How wide a batch is that grows, and whether it may grow by one more row. */
    private static final class Width {
        private final BatchLimits limits;
        private int rows = 1;
        private int widest;
        private long tokens;

        private Width(BatchLimits limits, int first) {
            this.limits = limits;
            this.widest = first;
            this.tokens = first;
        }

        private boolean takes(int length) {
            int wider = Math.max(widest, length);
            if (!limits.allow(rows + 1, wider, tokens + length)) {
                return false;
            }
            rows++;
            widest = wider;
            tokens += length;
            return true;
        }
    }
}
