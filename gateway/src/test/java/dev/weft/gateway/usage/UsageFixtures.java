package dev.weft.gateway.usage;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;

/** Usage without a configuration, which nobody flushes. */
public final class UsageFixtures {

    private final MonthlySpending spending = new MonthlySpending(Clock.systemUTC());
    private final Prices prices = new Prices(new Free());

    /** No prices. */
    record Free() implements UsageConfig {
        @Override
        public Duration flushInterval() {
            return Duration.ofSeconds(1);
        }

        @Override
        public Duration batchInterval() {
            return Duration.ofSeconds(1);
        }

        @Override
        public boolean keyLabel() {
            return false;
        }

        @Override
        public Map<String, Price> prices() {
            return Map.of();
        }
    }

    /** What months have cost. */
    public MonthlySpending spending() {
        return spending;
    }

    /** None. */
    public Prices prices() {
        return prices;
    }

    /** Counters of requests. */
    public UsageCounters counters() {
        return new UsageCounters(
                prices, new UsageMetrics(new SimpleMeterRegistry(), new Free()), spending, Clock.systemUTC());
    }
}
