package dev.weft.gateway.usage;

/** Usage that was added up. */
record UsageSum(
        long requests,
        long errors,
        long rows,
        long promptTokens,
        long completionTokens,
        long computeMicros,
        long costNanos) {

    static final UsageSum NONE = new UsageSum(0, 0, 0, 0, 0, 0, 0);

    /** Both together. */
    UsageSum plus(UsageSum other) {
        return new UsageSum(
                requests + other.requests,
                errors + other.errors,
                rows + other.rows,
                promptTokens + other.promptTokens,
                completionTokens + other.completionTokens,
                computeMicros + other.computeMicros,
                costNanos + other.costNanos);
    }

    /** What has come since. */
    UsageSum minus(UsageSum before) {
        return new UsageSum(
                requests - before.requests,
                errors - before.errors,
                rows - before.rows,
                promptTokens - before.promptTokens,
                completionTokens - before.completionTokens,
                computeMicros - before.computeMicros,
                costNanos - before.costNanos);
    }
}
