package dev.weft.embedding.embedder;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;

/** Where models are asked. */
@ConfigMapping(prefix = "weft.embedding.inference")
public interface InferenceConfig {

    /**
     * gRPC target of inference-service, or of the gateway, which spreads requests over replicas: {@code host:port}, or {@code dns:///name:port},
     * which stands for all of the name's addresses.
     */
    @WithDefault("127.0.0.1:8081")
    @NotBlank
    String target();

    /** Texts of one request; more of them are sent in several. */
    @WithDefault("256")
    @Min(1)
    int maxRows();

    /** The largest answer that is taken. */
    @WithDefault("65M")
    MemorySize maxMessage();
}
