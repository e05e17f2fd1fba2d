package dev.weft.gateway.keys;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyTextTest {

    private final SecureRandom random = new SecureRandom();

    @Test
    void keysHaveTheirFormAndDiffer() {
        Set<String> texts = new HashSet<>();
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 1_000; i++) {
            String text = KeyText.random(random).value();

            assertThat(text).matches("weft_[a-z2-7]{16}_[a-z2-7]{40}");
            texts.add(text);
            ids.add(KeyText.id(text));
        }
        assertThat(texts).hasSize(1_000);
        assertThat(ids).hasSize(1_000).doesNotContainNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "weft_", "sk-none", "weft_aaaaaaaaaaaaaaaa", "weft_aaaaaaaaaaaaaaaa_short"})
    void otherTextsHaveNoId(String text) {
        assertThat(KeyText.id(text)).isNull();
    }

    @Test
    void hashIsSha256() {
        assertThat(HexFormat.of().formatHex(KeyText.hash("abc")))
                .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
