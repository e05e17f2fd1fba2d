package dev.weft.gateway.upstream;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Where the services behind the gateway are. */
@ConfigMapping(prefix = "weft.gateway.inference")
public interface UpstreamConfig {

    /**
     * gRPC target of inference-service: {@code host:port}, or {@code dns:///name:port}, whose addresses are taken in turn.
     */
    @WithDefault("127.0.0.1:8081")
    String target();

    /** The largest answer that is taken. */
    @WithDefault("65M")
    MemorySize maxMessage();

    /** How long a model's task and labels are remembered; so long may a replaced model's old ones be heeded. */
    @WithDefault("5s")
    Duration metadataTtl();
}
