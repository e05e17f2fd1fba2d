package dev.weft.embedding.collection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CollectionsConfigTest {

    private static final String PREFIX = "weft.embedding.collections.";

    private static CollectionsConfig config(String key, String value) {
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(CollectionsConfig.class)
                .withValidator(new BeanValidationConfigValidatorImpl())
                .withDefaultValue(key, value)
                .build()
                .getConfigMapping(CollectionsConfig.class);
    }

    @Test
    void defaults() {
        CollectionsConfig config = config("other", "x");

        assertThat(config.store()).isEqualTo("embedded");
        assertThat(config.maxCollections()).isEqualTo(1_000);
        assertThat(config.maxPoints()).isEqualTo(1_000);
        assertThat(config.maxTopK()).isEqualTo(1_000);
        assertThat(config.maxReranked()).isEqualTo(200);
        assertThat(config.defaultTimeout()).isEqualTo(Duration.ofSeconds(60));
    }

    @Test
    void misspeltKeyIsRefused() {
        assertThatThrownBy(() -> config(PREFIX + "max-point", "5"))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining("max-point");
    }

    @ParameterizedTest
    @CsvSource({
        "max-collections, 0",
        "max-points, 0",
        "max-top-k, 0",
        "max-top-k, 10001",
        "max-reranked, 0",
        "default-timeout, 0s"
    })
    void valueOutOfItsRangeIsRefused(String key, String value) {
        assertThatThrownBy(() -> config(PREFIX + key, value))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining(key);
    }
}
