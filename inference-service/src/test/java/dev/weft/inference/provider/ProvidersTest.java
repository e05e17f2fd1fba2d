package dev.weft.inference.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure.FailedPrecondition;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProvidersTest {

    @ParameterizedTest
    @CsvSource({
        "openai, https://api.openai.com/v1/embeddings",
        "together, https://api.together.ai/v1/embeddings",
        "huggingface, https://router.huggingface.co/v1/embeddings",
        "cohere, https://api.cohere.ai/compatibility/v1/embeddings",
        "digitalocean, https://inference.do-ai.run/v1/embeddings",
    })
    void wellKnownProviderNeedsAKeyOnly(String name, String uri) {
        assertThat(providers(name, Map.of("api-key", "k")).find(name).uri("embeddings"))
                .hasToString(uri);
    }

    @Test
    void serverOfOnesOwnMayNeedNoKey() {
        assertThat(providers("vllm", Map.of("base-url", "http://vllm.models:8000/v1/"))
                        .find("vllm")
                        .uri("embeddings"))
                .hasToString("http://vllm.models:8000/v1/embeddings");
    }

    @Test
    void serverOfOnesOwnMayHaveAnyName() {
        assertThat(providers("openai", Map.of("base-url", "http://vllm.models/v1"))
                        .find("openai")
                        .apiKey())
                .isEmpty();
    }

    @Test
    void keyIsNotSentInTheClear() {
        Map<String, String> plain = Map.of("base-url", "http://vllm.models/v1", "api-key", "k");

        assertThatThrownBy(() -> providers("vllm", plain))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining("weft.inference.providers.vllm.base-url")
                .hasMessageContaining("plain-text");
        assertThat(providers("vllm", Map.of("base-url", "http://vllm.models/v1", "api-key", "k", "plain-text", "true"))
                        .find("vllm"))
                .isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ftp://a.example/v1",
                "https:///v1",
                "https://user:password@a.example/v1",
                "https://a.example/v1?key=password",
                "v1"
            })
    void whatIsNoAddressIsRefusedAndNotRepeated(String url) {
        assertThatThrownBy(() -> providers("other", Map.of("base-url", url)))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining("weft.inference.providers.other.base-url")
                .hasMessageNotContaining("password");
    }

    @Test
    void unknownProviderIsNamedWithThoseThatAreKnown() {
        assertThatThrownBy(() -> providers("openai", Map.of("api-key", "k")).find("opnai"))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining("'opnai'")
                .hasMessageContaining("[openai]");
        assertThatThrownBy(() -> providers("other", Map.of("api-key", "k")))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining("base-url: missing");
        assertThatThrownBy(() -> providers("openai", Map.of("batch-size", "2")).find("openai"))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining("api-key: missing");
    }

    private static Providers providers(String name, Map<String, String> settings) {
        return new Providers(ProviderFixture.config(name, settings));
    }
}
