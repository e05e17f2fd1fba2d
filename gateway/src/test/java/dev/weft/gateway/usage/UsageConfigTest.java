package dev.weft.gateway.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.rpc.CallEffort;
import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UsageConfigTest {

    private static UsageConfig config(Map<String, String> values) {
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(UsageConfig.class)
                .withValidator(new BeanValidationConfigValidatorImpl())
                .withDefaultValues(values)
                .build()
                .getConfigMapping(UsageConfig.class);
    }

    @Test
    void defaults() {
        UsageConfig config = config(Map.of());

        assertThat(config.flushInterval()).isEqualTo(Duration.ofSeconds(1));
        assertThat(config.keyLabel()).isFalse();
        assertThat(config.prices()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "weft.gateway.usage.flush-intervall, 1s",
        "weft.gateway.usage.flush-interval, 1ms",
        "weft.gateway.usage.prices.intent.prompt-token, 1",
        "weft.gateway.usage.prices.intent.prompt-tokens, -1",
    })
    void misspeltKeyAndValueOutOfRangeAreRefused(String key, String value) {
        assertThatThrownBy(() -> config(Map.of(key, value)))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining(key);
    }

    @Test
    void costIsWhatThePricesSay() {
        Prices prices = new Prices(config(Map.of(
                "weft.gateway.usage.prices.\"a/b\".prompt-tokens", "2.5",
                "weft.gateway.usage.prices.\"a/b\".completion-tokens", "10",
                "weft.gateway.usage.prices.\"a/b\".requests", "3",
                "weft.gateway.usage.prices.\"a/b\".compute-hours", "0.36")));

        assertThat(prices.costNanos("a/b", 1, new CallEffort(1, 1_000_000, 0, 0)))
                .isEqualTo(2_500_000_000L + 3_000_000);
        assertThat(prices.costNanos("a/b", 1, new CallEffort(1, 0, 1, 0))).isEqualTo(10_000 + 3_000_000);
        assertThat(prices.costNanos("a/b", 1, new CallEffort(1, 0, 0, 1_000_000)))
                .isEqualTo(100_000 + 3_000_000);
        assertThat(prices.costNanos("other", 1, new CallEffort(1, 1, 1, 1))).isZero();
    }
}
