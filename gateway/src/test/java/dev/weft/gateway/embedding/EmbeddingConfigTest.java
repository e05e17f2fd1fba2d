package dev.weft.gateway.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EmbeddingConfigTest {

    @Test
    void defaults() {
        EmbeddingConfig config = config("other", "x");

        assertThat(config.target()).isEqualTo("127.0.0.1:8083");
        assertThat(config.transferTimeout()).isEqualTo(Duration.ofHours(1));
    }

    @ParameterizedTest
    @CsvSource({"targets,x", "transfer-timeout,1ms"})
    void misspeltKeyAndValueOutOfRangeAreRefused(String key, String value) {
        assertThatThrownBy(() -> config("weft.gateway.embedding." + key, value))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining(key);
    }

    private static EmbeddingConfig config(String key, String value) {
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(EmbeddingConfig.class)
                .withValidator(new BeanValidationConfigValidatorImpl())
                .withDefaultValue(key, value)
                .build()
                .getConfigMapping(EmbeddingConfig.class);
    }
}
