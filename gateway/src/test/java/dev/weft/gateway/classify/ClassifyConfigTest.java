package dev.weft.gateway.classify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import org.junit.jupiter.api.Test;

class ClassifyConfigTest {

    @Test
    void defaults() {
        assertThat(config("other", "x").maxInputs()).isEqualTo(1_000);
    }

    @Test
    void misspeltKeyIsRefused() {
        assertThatThrownBy(() -> config("weft.gateway.classify.max-input", "7"))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining("weft.gateway.classify.max-input");
    }

    @Test
    void noTextsAtAllAreRefused() {
        assertThatThrownBy(() -> config("weft.gateway.classify.max-inputs", "0"))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining("max-inputs");
    }

    private static ClassifyConfig config(String key, String value) {
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(ClassifyConfig.class)
                .withValidator(new BeanValidationConfigValidatorImpl())
                .withDefaultValue(key, value)
                .build()
                .getConfigMapping(ClassifyConfig.class);
    }
}
