package dev.weft.gateway.embedding;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.NotBlank;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;

/** Where embedding-service is. */
@ConfigMapping(prefix = "weft.gateway.embedding")
public interface EmbeddingConfig {

    /** gRPC target: {@code host:port}, or {@code dns:///name:port}, which stands for all of the name's addresses: calls go to them in turn. */
    @WithDefault("127.0.0.1:8083")
    @NotBlank
    String target();

    /** The largest answer that is taken. */
    @WithDefault("33M")
    MemorySize maxMessage();

    /** How long the upload or download of a file may take. */
    @WithDefault("1H")
    @DurationMin(seconds = 1)
    Duration transferTimeout();
}
