package dev.weft.inference.provider;

import dev.weft.kit.config.Secret;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithParentName;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.hibernate.validator.constraints.time.DurationMin;

/** Who runs models for this service. Packages name a provider; where it is and what it is told is nobody's but this configuration's. */
@ConfigMapping(prefix = "weft.inference.providers")
public interface ProvidersConfig {

    /** By name; {@code openai}, {@code together}, {@code huggingface}, {@code cohere} and {@code digitalocean} need an API key only. */
    @WithParentName
    Map<String, ProviderConfig> providers();

    /** One provider. */
    interface ProviderConfig {

        /** What the paths of OpenAI's protocol follow, as {@code https://api.openai.com/v1}. */
        Optional<URI> baseUrl();

        /** Sent as bearer token; a server of one's own may need none. */
        Optional<Secret> apiKey();

        /** Allows to send the API key over {@code http:}, within a network that nobody else reads. */
        @WithDefault("false")
        boolean plainText();

        /** What the field is called that limits an answer's tokens: {@code max_completion_tokens} at OpenAI, {@code max_tokens} elsewhere. */
        Optional<String> tokenLimitField();

        /** Texts of one request for embeddings. */
        @WithDefault("96")
        @Min(1)
        @Max(2048)
        int batchSize();

        /** Requests in flight from this replica; as many more wait for {@link #queueWait()}, and are refused then. */
        @WithDefault("64")
        @Min(1)
        @Max(10_000)
        int maxConcurrent();

        /** How long a request may wait for its turn. */
        @WithDefault("2s")
        Duration queueWait();

        /** How long a connection may take. */
        @WithDefault("5s")
        @DurationMin(millis = 1)
        Duration connectTimeout();

        /** How long the provider may be silent: before its answer, and within it. */
        @WithDefault("60s")
        @DurationMin(millis = 1)
        Duration answerTimeout();

        /** How often a request is made at most that the provider could not serve (429, 5xx, no connection), within the caller's deadline. */
        @WithDefault("3")
        @Min(1)
        @Max(20)
        int attempts();

        /** The pause before the second attempt; it doubles, and up to a half of it is taken away by chance. */
        @WithDefault("250ms")
        @DurationMin(millis = 1)
        Duration firstBackoff();

        /** The longest pause; a provider that asks for a longer one is not asked again. */
        @WithDefault("8s")
        @DurationMin(millis = 1)
        Duration longestBackoff();
    }
}
