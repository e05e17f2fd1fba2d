package dev.weft.gateway.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import org.junit.jupiter.api.Test;

class LimitsConfigTest {

    private static LimitsConfig config(String key, String value) {
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(LimitsConfig.class)
                .withValidator(new BeanValidationConfigValidatorImpl())
                .withDefaultValue(key, value)
                .build()
                .getConfigMapping(LimitsConfig.class);
    }

    @Test
    void defaults() {
        assertThat(config("other", "x").gateways()).isEqualTo(1);
    }

    @Test
    void misspeltKeyIsRefused() {
        assertThatThrownBy(() -> config("weft.gateway.limits.gateway", "2"))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining("weft.gateway.limits.gateway");
    }

    @Test
    void noGatewayAtAllIsRefused() {
        assertThatThrownBy(() -> config("weft.gateway.limits.gateways", "0"))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining("gateways");
    }
}
