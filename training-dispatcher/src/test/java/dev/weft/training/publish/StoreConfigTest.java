package dev.weft.training.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StoreConfigTest {

    private static StoreConfig config(Map<String, String> values) {
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(StoreConfig.class)
                .withSources(new PropertiesConfigSource(values, "test", 500))
                .build()
                .getConfigMapping(StoreConfig.class);
    }

    @Test
    void defaultsStayInTheWorkingFolder() {
        StoreConfig config = config(Map.of());

        assertThat(config.folder()).isEqualTo(Path.of("packages"));
        assertThat(config.readableFolders()).isEmpty();
        assertThat(config.maxPackage().asLongValue()).isEqualTo(16L << 30);
        assertThat(config.reservedDisk().asLongValue()).isEqualTo(1L << 30);
        assertThat(config.maxPostgresPackage().asLongValue()).isEqualTo(128L << 20);
        assertThat(config.cacheFolder()).isEqualTo(Path.of("cache"));
        assertThat(config.maxCache().asLongValue()).isEqualTo(8L << 30);
    }

    @Test
    void misspeltKeyIsRefused() {
        assertThatThrownBy(() -> config(Map.of("weft.training.store.max-packages", "1G")))
                .hasMessageContaining("max-packages");
    }
}
