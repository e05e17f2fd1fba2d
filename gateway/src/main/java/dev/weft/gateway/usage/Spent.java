package dev.weft.gateway.usage;

/** What one key has used this month, at all gateways, as far as this one knows. Thread-safe. */
public final class Spent {

    private long tokens;
    private long costNanos;

    /** What this gateway has counted since the last {@link #mark()}: the part of the sums that the database may not have. */
    private long newTokens;

    private long newCostNanos;
    private long usedAt;

    Spent(long now) {
        usedAt = now;
    }

    /** Tokens, read and written. */
    public synchronized long tokens() {
        return tokens;
    }

    /** Cost in billionths of the currency. */
    public synchronized long costNanos() {
        return costNanos;
    }

    synchronized void touch(long now) {
        usedAt = now;
    }

    synchronized long usedAt() {
        return usedAt;
    }

    synchronized void add(long moreTokens, long moreCostNanos) {
        tokens += moreTokens;
        costNanos += moreCostNanos;
        newTokens += moreTokens;
        newCostNanos += moreCostNanos;
    }

    /** What was added before is about to be written. */
    synchronized void mark() {
        newTokens = 0;
        newCostNanos = 0;
    }

    /** The database has these sums, with all that was added before the last {@link #mark()}. */
    synchronized void correct(long storedTokens, long storedCostNanos) {
        tokens = storedTokens + newTokens;
        costNanos = storedCostNanos + newCostNanos;
    }
}
