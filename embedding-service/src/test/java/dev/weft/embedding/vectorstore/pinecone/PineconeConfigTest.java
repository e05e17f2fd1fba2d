package dev.weft.embedding.vectorstore.pinecone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.config.Secret;
import dev.weft.kit.config.SecretConverter;
import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PineconeConfigTest {

    private static final String PREFIX = "weft.embedding.pinecone.";

    @Test
    void defaults() {
        PineconeConfig config = config();

        assertThat(config.apiKey()).isEmpty();
        assertThat(config.controlUrl()).isEqualTo(URI.create("https://api.pinecone.io"));
        assertThat(config.cloud()).isEqualTo("aws");
        assertThat(config.region()).isEqualTo("us-east-1");
        assertThat(config.indexPrefix()).isEqualTo("weft");
        assertThat(config.requestTimeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.attempts()).isEqualTo(5);
        assertThat(config.pause()).isEqualTo(Duration.ofMillis(200));
        assertThat(config.maxPause()).isEqualTo(Duration.ofSeconds(8));
    }

    @Test
    void keyIsNotPrinted() {
        assertThat(config("api-key", ScriptedPinecone.KEY).apiKey().map(Secret::toString))
                .hasValue("***");
    }

    @Test
    void misspeltKeyIsRefused() {
        assertThatThrownBy(() -> config("apikey", "x"))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining(PREFIX + "apikey");
    }

    @ParameterizedTest
    @CsvSource({
        "cloud, moon",
        "index-prefix, Weft",
        "request-timeout, 0s",
        "attempts, 0",
        "attempts, 21",
        "pause, 0s",
        "max-pause, 0s"
    })
    void valueOutOfItsRangeIsRefused(String key, String value) {
        assertThatThrownBy(() -> config(key, value))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining(key);
    }

    /** Keys, without the prefix, and values in turn. */
    static PineconeConfig config(String... settings) {
        SmallRyeConfigBuilder builder = new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withConverter(Secret.class, 100, new SecretConverter())
                .withMapping(PineconeConfig.class)
                .withValidator(new BeanValidationConfigValidatorImpl());
        for (int i = 0; i < settings.length; i += 2) {
            builder.withDefaultValue(PREFIX + settings[i], settings[i + 1]);
        }
        return builder.build().getConfigMapping(PineconeConfig.class);
    }
}
