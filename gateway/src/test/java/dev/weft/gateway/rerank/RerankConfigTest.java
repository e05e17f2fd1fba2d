package dev.weft.gateway.rerank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import org.junit.jupiter.api.Test;

class RerankConfigTest {

    @Test
    void defaults() {
        assertThat(config("other", "x").maxDocuments()).isEqualTo(1_000);
    }

    @Test
    void misspeltKeyIsRefused() {
        assertThatThrownBy(() -> config("weft.gateway.rerank.max-document", "7"))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining("weft.gateway.rerank.max-document");
    }

    @Test
    void noDocumentsAtAllAreRefused() {
        assertThatThrownBy(() -> config("weft.gateway.rerank.max-documents", "0"))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining("max-documents");
    }

    private static RerankConfig config(String key, String value) {
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(RerankConfig.class)
                .withValidator(new BeanValidationConfigValidatorImpl())
                .withDefaultValue(key, value)
                .build()
                .getConfigMapping(RerankConfig.class);
    }
}
