package dev.weft.gateway.usage;

import dev.weft.gateway.keys.Caller;
import dev.weft.kit.rpc.CallEffort;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.Iterator;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts usage in memory. Requests add without a lock; counters only grow, and whoever drains them remembers what he has taken, so that nothing
 * falls between. Thread-safe; draining is for one thread at a time.
 */
@Singleton
public class UsageCounters {

    /** Combinations of key, model, backend and hour, above which models of a key are counted as one. */
    private static final int MOST = 50_000;

    private static final String OTHER_MODELS = "(others)";
    static final String ANONYMOUS = "anonymous";
    private static final int LONGEST_NAME = 200;

    /** Hours after which a counter that got nothing more is dropped; a request that ends now has looked it up in this one or the last. */
    private static final int KEPT_HOURS = 2;

    private static final class Count {
        private final LongAdder requests = new LongAdder();
        private final LongAdder errors = new LongAdder();
        private final LongAdder rows = new LongAdder();
        private final LongAdder promptTokens = new LongAdder();
        private final LongAdder completionTokens = new LongAdder();
        private final LongAdder computeMicros = new LongAdder();
        private final LongAdder costNanos = new LongAdder();

        /** The drainer's. */
        private UsageSum taken = UsageSum.NONE;

        private void add(CallEffort effort, boolean failed, long cost) {
            requests.increment();
            if (failed) {
                errors.increment();
            }
            add(rows, effort.rows());
            add(promptTokens, effort.promptTokens());
            add(completionTokens, effort.completionTokens());
            add(computeMicros, effort.computeMicros());
            add(costNanos, cost);
        }

        private static void add(LongAdder adder, long value) {
            if (value != 0) {
                adder.add(value);
            }
        }

        private UsageSum take() {
            UsageSum now = new UsageSum(
                    requests.sum(),
                    errors.sum(),
                    rows.sum(),
                    promptTokens.sum(),
                    completionTokens.sum(),
                    computeMicros.sum(),
                    costNanos.sum());
            UsageSum more = now.minus(taken);
            taken = now;
            return more;
        }
    }

    private final Map<UsageKey, Count> counts = new ConcurrentHashMap<>();
    private final Prices prices;
    private final UsageMetrics metrics;
    private final MonthlySpending spending;
    private final Clock clock;

    @Inject
    UsageCounters(Prices prices, UsageMetrics metrics, MonthlySpending spending) {
        this(prices, metrics, spending, Clock.systemUTC());
    }

    UsageCounters(Prices prices, UsageMetrics metrics, MonthlySpending spending, Clock clock) {
        this.prices = prices;
        this.metrics = metrics;
        this.spending = spending;
        this.clock = clock;
    }

    /** Counts a request that has ended, for each model that it has asked. */
    public void add(Caller caller, Tally tally, boolean failed) {
        for (Tally.Part part : tally.parts()) {
            add(keyId(caller), part, failed || tally.isFailed());
        }
    }

    private void add(String keyId, Tally.Part part, boolean failed) {
        CallEffort effort = part.effort();
        long cost = prices.costNanos(part.model(), 1, effort);
        count(new UsageKey(keyId, storable(part.model()), part.backend(), hour()))
                .add(effort, failed, cost);
        // Behind the count, so that a flush that has begun since has it.
        spending.add(keyId, effort.promptTokens() + effort.completionTokens(), cost);
        metrics.add(keyId, part.model(), part.backend(), effort, cost);
    }

    /** The id by which a caller's usage is found. */
    public static String keyId(Caller caller) {
        return caller.keyId().isEmpty() ? ANONYMOUS : caller.keyId();
    }

    /** PostgreSQL takes no zero byte and no half of a character. */
    private static String storable(String model) {
        boolean plain = model.length() <= LONGEST_NAME
                && model.chars().noneMatch(c -> c == 0 || Character.isSurrogate((char) c));
        return plain
                ? model
                : model.codePoints()
                        .limit(LONGEST_NAME)
                        .map(c -> c == 0 || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) ? '?' : c)
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                        .toString();
    }

    private Count count(UsageKey key) {
        Count count = counts.get(key);
        if (count != null) {
            return count;
        }
        UsageKey bounded = counts.size() < MOST ? key : new UsageKey(key.keyId(), OTHER_MODELS, "", key.hour());
        return counts.computeIfAbsent(bounded, _ -> new Count());
    }

    private long hour() {
        return Math.floorDiv(clock.millis(), UsageKey.SECONDS_PER_HOUR * 1_000);
    }

    /** What has come since this was last called; nothing of it is in a later answer. */
    synchronized SortedMap<UsageKey, UsageSum> drain() {
        SortedMap<UsageKey, UsageSum> drained = new TreeMap<>();
        long oldest = hour() - KEPT_HOURS;
        for (Iterator<Map.Entry<UsageKey, Count>> each = counts.entrySet().iterator(); each.hasNext(); ) {
            Map.Entry<UsageKey, Count> entry = each.next();
            UsageSum more = entry.getValue().take();
            if (!more.equals(UsageSum.NONE)) {
                drained.put(entry.getKey(), more);
            } else if (entry.getKey().hour() < oldest) {
                each.remove();
            }
        }
        return drained;
    }
}
