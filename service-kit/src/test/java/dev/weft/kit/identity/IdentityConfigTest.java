package dev.weft.kit.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class IdentityConfigTest {

    static IdentityConfig config(Map<String, String> settings) {
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(IdentityConfig.class)
                .withSources(new PropertiesConfigSource(settings, "test", 500))
                .build()
                .getConfigMapping(IdentityConfig.class);
    }

    @Test
    void everyKeyHasItsDefault() {
        IdentityConfig config = config(Map.of());

        assertThat(config.mode()).isEqualTo(IdentityConfig.Mode.AUTO);
        assertThat(config.secrets()).isEmpty();
        assertThat(config.secretFile()).isEmpty();
        assertThat(config.reloadInterval()).isEqualTo(Duration.ofSeconds(5));
        IdentityConfig.Kubernetes kubernetes = config.kubernetes();
        assertThat(kubernetes.tokenFile()).isEqualTo(Path.of("/var/run/secrets/weft/token"));
        assertThat(kubernetes.audience()).isEqualTo("weft");
        assertThat(kubernetes.serviceAccounts()).isEmpty();
        assertThat(kubernetes.apiServer()).isEqualTo(URI.create("https://kubernetes.default.svc"));
        assertThat(kubernetes.apiCaFile()).isEqualTo(Path.of("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"));
        assertThat(kubernetes.apiTokenFile()).isEqualTo(Path.of("/var/run/secrets/kubernetes.io/serviceaccount/token"));
        assertThat(kubernetes.reviewTimeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(kubernetes.reviewTtl()).isEqualTo(Duration.ofMinutes(1));
        assertThat(kubernetes.staleLimit()).isEqualTo(Duration.ofMinutes(10));
    }

    @Test
    void misspeltKeyIsRefused() {
        assertThatThrownBy(() -> config(Map.of("weft.identity.secret", "x")))
                .hasMessageContaining("weft.identity.secret");
    }

    @Test
    void unknownModeIsRefused() {
        assertThatThrownBy(() -> config(Map.of("weft.identity.mode", "trust")))
                .hasMessageContaining("weft.identity.mode");
    }

    @Test
    void secretsPrintNothingOfThemselves() {
        IdentityConfig config = config(Map.of("weft.identity.secrets", "one-secret-of-ours,another-secret-of-ours"));

        assertThat(config.secrets().orElseThrow()).hasSize(2).hasToString("[***, ***]");
    }
}
