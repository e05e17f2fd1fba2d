package dev.weft.gateway.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.config.Secret;
import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeysConfigTest {

    private static final String LONG_ENOUGH = "0123456789abcdef01234567";

    private static KeysConfig config(Map<String, String> values) {
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(KeysConfig.class)
                .withValidator(new BeanValidationConfigValidatorImpl())
                .withDefaultValues(values)
                .build()
                .getConfigMapping(KeysConfig.class);
    }

    @Test
    void defaults() {
        KeysConfig config = config(Map.of());

        assertThat(config.adminKey()).isEmpty();
        assertThat(config.adminKeyFile()).isEmpty();
        assertThat(config.anonymous()).isEqualTo(KeysConfig.Anonymous.LOOPBACK);
        assertThat(config.maxKeys()).isEqualTo(10_000);
        assertThat(config.openMetrics()).isFalse();
    }

    @Test
    void misspeltKeyIsRefused() {
        assertThatThrownBy(() -> config(Map.of("weft.gateway.keys.anonymus", "never")))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining("weft.gateway.keys.anonymus");
    }

    @Test
    void noKeysAtAllAreRefused() {
        assertThatThrownBy(() -> config(Map.of("weft.gateway.keys.max-keys", "0")))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining("max-keys");
    }

    @Test
    void adminKeyIsPrintedByNobody() {
        KeysConfig config = config(Map.of("weft.gateway.keys.admin-key", LONG_ENOUGH));

        assertThat(config.adminKey()).contains(new Secret(LONG_ENOUGH));
        assertThat(config.adminKey().toString()).doesNotContain(LONG_ENOUGH);
    }

    @Test
    void shortAdminKeyIsRefusedWithoutTellingIt() {
        assertThatThrownBy(() -> AdminKey.of(config(Map.of("weft.gateway.keys.admin-key", "short"))))
                .hasMessage(
                        "weft.gateway.keys.admin-key: 5 characters (expected: at least 24; openssl rand -hex 32 makes a"
                                + " good one)");
    }

    @Test
    void adminKeyCanBeInAFile(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("key"), LONG_ENOUGH + "\n");

        AdminKey key = AdminKey.of(config(Map.of("weft.gateway.keys.admin-key-file", file.toString())))
                .orElseThrow();

        assertThat(key.matches(LONG_ENOUGH)).isTrue();
        assertThat(key.matches(LONG_ENOUGH + "0")).isFalse();
    }

    @Test
    void fileThatIsMissingIsTold() {
        assertThatThrownBy(() -> AdminKey.of(config(Map.of("weft.gateway.keys.admin-key-file", "/nowhere/key"))))
                .hasMessageContaining("weft.gateway.keys.admin-key-file: /nowhere/key");
    }

    @Test
    void addressThatOthersReachNeedsAKey() {
        Authenticator.requireSomeKey("127.0.0.1", false);
        Authenticator.requireSomeKey("localhost", false);
        Authenticator.requireSomeKey("0.0.0.0", true);
        assertThatThrownBy(() -> Authenticator.requireSomeKey("0.0.0.0", false))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("quarkus.http.host: 0.0.0.0")
                .hasMessageContaining("WEFT_GATEWAY_KEYS_ADMIN_KEY");
    }
}
