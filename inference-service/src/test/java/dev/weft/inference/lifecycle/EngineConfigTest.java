package dev.weft.inference.lifecycle;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EngineConfigTest {

    @ParameterizedTest
    @ValueSource(strings = {"sessions", "threads", "batch-rows", "batch-tokens", "queue-rows"})
    void zeroIsRefused(String key) {
        assertThatThrownBy(() -> new SmallRyeConfigBuilder()
                        .addDiscoveredConverters()
                        .withMapping(EngineConfig.class)
                        .withValidator(new BeanValidationConfigValidatorImpl())
                        .withSources(new PropertiesConfigSource(
                                Map.of("weft.inference.model-folders", "models", "weft.inference." + key, "0"),
                                "test",
                                500))
                        .build())
                .hasMessageContaining("must be greater than");
    }
}
