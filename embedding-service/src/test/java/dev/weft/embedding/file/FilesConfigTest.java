package dev.weft.embedding.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FilesConfigTest {

    @Test
    void defaults() {
        FilesConfig config = config("other", "x");

        assertThat(config.store()).isEqualTo("postgres");
        assertThat(config.folder()).isEqualTo(Path.of("files"));
        assertThat(config.maxSize().asLongValue()).isEqualTo(1L << 30);
        assertThat(config.maxTotal().asLongValue()).isEqualTo(20L << 30);
        assertThat(config.expiry()).isEmpty();
        assertThat(config.outputExpiry()).isEmpty();
        assertThat(config.cleanupInterval()).isEqualTo(Duration.ofMinutes(10));
        assertThat(config.orphanAge()).isEqualTo(Duration.ofHours(24));
    }

    @ParameterizedTest
    @CsvSource({"folders,x", "store,s3", "cleanup-interval,1ms", "orphan-age,1ms"})
    void misspeltKeyAndValueOutOfRangeAreRefused(String key, String value) {
        assertThatThrownBy(() -> config("weft.embedding.files." + key, value))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining(key);
    }

    private static FilesConfig config(String key, String value) {
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(FilesConfig.class)
                .withValidator(new BeanValidationConfigValidatorImpl())
                .withDefaultValue(key, value)
                .build()
                .getConfigMapping(FilesConfig.class);
    }
}
