package dev.weft.inference.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GenerationConfigTest {

    private static final String PREFIX = "weft.inference.generation.";

    @Test
    void everyKeyHasItsDefault() {
        GenerationConfig config = read(Map.of());

        assertThat(config.sequences()).isEqualTo(8);
        assertThat(config.cacheTokens()).isEqualTo(16384);
        assertThat(config.queueCapacity()).isEqualTo(64);
        assertThat(config.prefillTokens()).isEqualTo(256);
        assertThat(config.maxTokens()).isEqualTo(512);
        assertThat(config.threads()).isEmpty();
    }

    @Test
    void keysAreReadBesideThoseOfTheEngine() {
        assertThat(read(Map.of(PREFIX + "sequences", "3", PREFIX + "threads", "2")))
                .satisfies(config -> assertThat(config.sequences()).isEqualTo(3))
                .satisfies(config -> assertThat(config.threads()).hasValue(2));
    }

    @Test
    void misspeltKeyIsRefused() {
        assertThatThrownBy(() -> read(Map.of(PREFIX + "sequence", "4"))).hasMessageContaining(PREFIX + "sequence");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sequences", "cache-tokens", "queue-capacity", "prefill-tokens", "max-tokens"})
    void zeroIsRefused(String key) {
        assertThatThrownBy(() -> read(Map.of(PREFIX + key, "0"))).hasMessageContaining("must be greater than");
    }

    private static GenerationConfig read(Map<String, String> values) {
        Map<String, String> all = new HashMap<>(values);
        all.put("weft.inference.model-folders", "models");
        SmallRyeConfig config = new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(EngineConfig.class)
                .withMapping(GenerationConfig.class)
                .withValidator(new BeanValidationConfigValidatorImpl())
                .withSources(new PropertiesConfigSource(all, "test", 500))
                .build();
        return config.getConfigMapping(GenerationConfig.class);
    }
}
