package dev.weft.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class DatabaseConfigTest {

    @Test
    void defaults() {
        assertThat(config("other", "x").startTimeout()).isEqualTo(Duration.ofSeconds(60));
    }

    @Test
    void misspeltKeyIsRefused() {
        assertThatThrownBy(() -> config("weft.database.start-time", "7s"))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining("weft.database.start-time");
    }

    @Test
    void negativeTimeoutIsRefused() {
        assertThatThrownBy(() -> config("weft.database.start-timeout", "-PT1S"))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining("start-timeout");
    }

    private static DatabaseConfig config(String key, String value) {
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(DatabaseConfig.class)
                .withValidator(new BeanValidationConfigValidatorImpl())
                .withDefaultValue(key, value)
                .build()
                .getConfigMapping(DatabaseConfig.class);
    }
}
