package dev.weft.gateway.keys;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * How much a key may be used; null is without limit.
 *
 * @param requestsPerSecond sustained rate
 * @param burst requests that may come at once; when null as many as come in a second, at least one
 * @param tokensPerMinute tokens of prompts and answers together
 * @param concurrent requests that run at a time
 * @param tokensPerMonth tokens of prompts and answers together in a calendar month, UTC
 * @param costPerMonth cost in a calendar month, UTC, in the currency of the prices
 */
public record KeyLimits(
        @Nullable Double requestsPerSecond,
        @Nullable Integer burst,
        @Nullable Long tokensPerMinute,
        @Nullable Integer concurrent,
        @Nullable Long tokensPerMonth,
        @Nullable Double costPerMonth) {

    /** No limit at all. */
    public static final KeyLimits NONE = new KeyLimits(null, null, null, null, null, null);

    private static final double LEAST_RATE = 0.001;
    private static final double LEAST_COST = 0.000_001;
    private static final double MOST = 1_000_000;
    private static final long MOST_TOKENS = 1_000_000_000_000L;
    private static final double MOST_COST = 1_000_000_000;

    public KeyLimits {
        check("requests_per_second", requestsPerSecond, LEAST_RATE, MOST);
        check("burst", burst, 1, MOST);
        check("tokens_per_minute", tokensPerMinute, 1, MOST_TOKENS);
        check("concurrent", concurrent, 1, MOST);
        check("tokens_per_month", tokensPerMonth, 1, MOST_TOKENS);
        check("cost_per_month", costPerMonth, LEAST_COST, MOST_COST);
        if (burst != null && requestsPerSecond == null) {
            throw new InvalidArgument(
                    "limits.burst: without limits.requests_per_second (expected: both, or the latter)");
        }
    }

    private static void check(String name, @Nullable Number value, double least, double most) {
        if (value != null && !(value.doubleValue() >= least && value.doubleValue() <= most)) {
            throw new InvalidArgument(
                    "limits." + name + ": " + value + " (expected: " + plain(least) + " to " + plain(most) + ")");
        }
    }

    private static String plain(double number) {
        return number < 1 ? BigDecimal.valueOf(number).toPlainString() : Long.toString((long) number);
    }
}
