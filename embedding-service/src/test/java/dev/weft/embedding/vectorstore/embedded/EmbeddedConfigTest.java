package dev.weft.embedding.vectorstore.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EmbeddedConfigTest {

    private static final String PREFIX = "weft.embedding.embedded.";

    @Test
    void defaults() {
        EmbeddedConfig config = config();

        assertThat(config.snapshots()).isEmpty();
        assertThat(config.loadAtStart()).isTrue();
        assertThat(config.loadTimeout()).isEqualTo(Duration.ofMinutes(10));
        assertThat(config.memory()).isEmpty();
        assertThat(config.graphFrom()).isEqualTo(5_000);
        assertThat(config.neighbours()).isEqualTo(16);
        assertThat(config.buildWidth()).isEqualTo(100);
        assertThat(config.searchWidth()).isEqualTo(128);
        assertThat(config.buildThreads()).isEmpty();
    }

    @Test
    void misspeltKeyIsRefused() {
        assertThatThrownBy(() -> config("snapshot", "x"))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining(PREFIX + "snapshot");
    }

    @ParameterizedTest
    @CsvSource({
        "graph-from, -1",
        "neighbours, 3",
        "neighbours, 129",
        "build-width, 7",
        "search-width, 7",
        "search-width, 10001",
        "load-timeout, 0s"
    })
    void valueOutOfItsRangeIsRefused(String key, String value) {
        assertThatThrownBy(() -> config(key, value))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining(key);
    }

    /** Keys, without the prefix, and values in turn. */
    static EmbeddedConfig config(String... settings) {
        SmallRyeConfigBuilder builder = new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(EmbeddedConfig.class)
                .withValidator(new BeanValidationConfigValidatorImpl());
        for (int i = 0; i < settings.length; i += 2) {
            builder.withDefaultValue(PREFIX + settings[i], settings[i + 1]);
        }
        return builder.build().getConfigMapping(EmbeddedConfig.class);
    }
}
