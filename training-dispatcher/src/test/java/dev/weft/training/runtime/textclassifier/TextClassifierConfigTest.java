package dev.weft.training.runtime.textclassifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TextClassifierConfigTest {

    private static TextClassifierConfig config(Map<String, String> values) {
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(TextClassifierConfig.class)
                .withValidator(new BeanValidationConfigValidatorImpl())
                .withSources(new PropertiesConfigSource(values, "test", 500))
                .build()
                .getConfigMapping(TextClassifierConfig.class);
    }

    @Test
    void defaultsAreThoseOfOneMachine() {
        TextClassifierConfig config = config(Map.of());

        assertThat(config.inferenceTarget()).isEqualTo("127.0.0.1:8081");
        assertThat(config.modelFolders()).containsExactly(Path.of("models"));
        assertThat(config.encoders()).isEmpty();
    }

    @Test
    void misspeltKeyIsRefused() {
        assertThatThrownBy(() -> config(Map.of("weft.training.text-classifier.inference-targets", "x")))
                .hasMessageContaining("inference-targets");
    }

    @Test
    void blankTargetIsRefused() {
        assertThatThrownBy(() -> config(Map.of("weft.training.text-classifier.inference-target", " ")))
                .hasMessageContaining("inference-target");
    }
}
