package dev.weft.gateway.oidc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OidcConfigTest {

    private static OidcConfig config(Map<String, String> settings) {
        SmallRyeConfigBuilder builder = new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(OidcConfig.class)
                .withValidator(new BeanValidationConfigValidatorImpl());
        settings.forEach((key, value) -> builder.withDefaultValue("weft.gateway.oidc." + key, value));
        return builder.build().getConfigMapping(OidcConfig.class);
    }

    @Test
    void defaults() {
        OidcConfig config = config(Map.of());

        assertThat(config.issuer()).isEmpty();
        assertThat(config.scopesClaim()).isEqualTo("scope");
        assertThat(config.clockSkew()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.timeout()).isEqualTo(Duration.ofSeconds(3));
        assertThat(config.refreshInterval()).isEqualTo(Duration.ofMinutes(10));
        assertThat(config.refreshPause()).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.maxTokens()).isEqualTo(10_000);
        assertThat(config.algorithms()).hasSize(9).contains("RS256", "ES256");
    }

    @ParameterizedTest
    @CsvSource({"isuer, https://id.example.com", "max-tokens, 0", "clock-skew, 6m", "timeout, 0s", "refresh-pause, 0s"})
    void misspeltKeyAndValuesOutOfBoundsAreRefused(String key, String value) {
        assertThatThrownBy(() -> config(Map.of(key, value)))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining(key);
    }

    @ParameterizedTest
    @CsvSource({
        "issuer, http://id.example.com",
        "audience, ''",
        "scopes, weft-users",
        "scopes, weft-users=everything",
        "algorithms, 'RS256,HS256'",
        "algorithms, none",
        "limits.burst, 3"
    })
    void termsThatCannotBeKeptRefuseToStart(String key, String value) {
        Map<String, String> settings = new HashMap<>(
                Map.of("issuer", "https://id.example.com", "audience", "weft", "scopes", "weft-users=infer"));
        settings.put(key, value);
        OidcConfig config = config(settings);

        assertThatThrownBy(() -> Terms.of(config))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("weft.gateway.oidc." + key);
    }
}
