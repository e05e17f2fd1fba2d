package dev.weft.inference.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ModelStoreConfigTest {

    @Test
    void defaults() {
        ModelStoreConfig config = config("other", "x");

        assertThat(config.folders()).isEmpty();
        assertThat(config.cacheFolder()).isEqualTo(Path.of("model-cache"));
        assertThat(config.cacheSize().asLongValue()).isEqualTo(20L << 30);
        assertThat(config.fetchTimeout()).isEqualTo(Duration.ofMinutes(10));
    }

    @Test
    void misspeltKeyIsRefused() {
        assertThatThrownBy(() -> config("weft.inference.store.cache-dir", "x"))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining("weft.inference.store.cache-dir");
    }

    private static ModelStoreConfig config(String key, String value) {
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(ModelStoreConfig.class)
                .withDefaultValue(key, value)
                .build()
                .getConfigMapping(ModelStoreConfig.class);
    }
}
