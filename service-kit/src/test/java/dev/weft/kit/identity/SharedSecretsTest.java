package dev.weft.kit.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.config.Secret;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SharedSecretsTest {

    private static final String NEW = "new-secret-of-the-mesh";
    private static final String OLD = "old-secret-of-the-mesh-still-valid";

    private static SharedSecrets secrets() {
        return SharedSecrets.parse("secret-file", "\n" + NEW + "\n  " + OLD + "\r\n\n");
    }

    @Test
    void firstIsSentAndAllAreAccepted() {
        assertThat(secrets().authorization()).isEqualTo("Bearer " + NEW);
        assertThat(secrets().accepts("Bearer " + NEW, 7)).isTrue();
        assertThat(secrets().accepts("Bearer " + OLD, 7)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "new-secret-of-the-mes",
                "new-secret-of-the-meshX",
                "Xew-secret-of-the-mesh",
                "new-secret-of-the-mesh new-secret-of-the-mesh",
                "new-secret-of-the-meshnew-secret-of-the-mesh",
                "NEW-SECRET-OF-THE-MESH"
            })
    void anythingElseIsNot(String shown) {
        assertThat(secrets().accepts("Bearer " + shown, 7)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"too short", "two words in one secret", "ünprintable-secret-of-ours"})
    void whatCannotStandInAHeaderIsRefusedWithoutTellingIt(String secret) {
        assertThatThrownBy(() -> new SharedSecrets("weft.identity.secrets", List.of(new Secret(secret))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("weft.identity.secrets: secret 1 of 1", "expected: 16 to 512")
                .hasMessageNotContaining(secret);
    }

    @Test
    void noSecretIsNone() {
        assertThatThrownBy(() -> SharedSecrets.parse("secret-file", "\n \n"))
                .hasMessage("secret-file: 0 secrets (expected: 1 to 8)");
    }
}
