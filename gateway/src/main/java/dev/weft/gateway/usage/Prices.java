package dev.weft.gateway.usage;

import dev.weft.kit.rpc.CallEffort;
import jakarta.inject.Singleton;
import java.util.Map;

/** What requests cost, in billionths of the currency. */
@Singleton
public class Prices {

    private static final double NANOS = 1e9;
    private static final double MILLION = 1e6;
    private static final double THOUSAND = 1e3;
    private static final double MICROS_PER_HOUR = 3.6e9;

    private final Map<String, UsageConfig.Price> prices;

    Prices(UsageConfig config) {
        this.prices = Map.copyOf(config.prices());
    }

    /** Whether the model costs anything. */
    public boolean has(String model) {
        return prices.containsKey(model);
    }

    /** Requests that took that together. */
    long costNanos(String model, long requests, CallEffort effort) {
        UsageConfig.Price price = prices.get(model);
        return price == null
                ? 0
                : Math.round(NANOS
                        * (price.requests() * requests / THOUSAND
                                + price.promptTokens() * effort.promptTokens() / MILLION
                                + price.completionTokens() * effort.completionTokens() / MILLION
                                + price.computeHours() * effort.computeMicros() / MICROS_PER_HOUR));
    }
}
