package dev.weft.inference.batching;

/**
 * How long tokens take, from the runs of late: the time of all against the tokens of all, so that a run which the operating system held
 * up counts no more than its tokens do. Not thread-safe: the batcher holds its lock.
 */
final class Pace {

    /** After so many runs a run counts half. */
    private static final int HALF_LIFE = 64;

    private static final double DECAY = Math.pow(0.5, 1.0 / HALF_LIFE);

    /** Before so many runs nothing is foretold: the first ones find caches and compilers cold. */
    private static final int LEAST_RUNS = 32;

    private double tokens;
    private double nanos;
    private int runs;

    void ran(long runTokens, long runNanos) {
        tokens = tokens * DECAY + Math.max(1, runTokens);
        nanos = nanos * DECAY + runNanos;
        runs = Math.min(LEAST_RUNS, runs + 1);
    }

    /** How many tokens a session computes in that time; 0 as long as nobody can tell. */
    long tokens(long time) {
        return runs < LEAST_RUNS || nanos <= 0 ? 0 : (long) (time * tokens / nanos);
    }

    /** How long a session takes for so many tokens; 0 as long as nobody can tell. */
    long nanos(long count) {
        return runs < LEAST_RUNS ? 0 : (long) (count * nanos / tokens);
    }
}
