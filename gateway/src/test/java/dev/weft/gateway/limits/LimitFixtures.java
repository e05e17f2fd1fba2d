package dev.weft.gateway.limits;

import dev.weft.gateway.keys.KeysConfig;
import dev.weft.gateway.usage.MonthlySpending;
import dev.weft.gateway.usage.Prices;
import io.smallrye.config.SmallRyeConfigBuilder;

/** Limits of the only gateway. */
public final class LimitFixtures {

    private LimitFixtures() {}

    /** Without a configuration. */
    public static Limiters limiters(MonthlySpending spending, Prices prices) {
        var config = new SmallRyeConfigBuilder()
                .withMapping(LimitsConfig.class)
                .withMapping(KeysConfig.class)
                .build();
        return new Limiters(
                config.getConfigMapping(LimitsConfig.class),
                config.getConfigMapping(KeysConfig.class),
                spending,
                prices);
    }
}
