package dev.weft.gateway.http;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Limits of REST requests. */
@ConfigMapping(prefix = "weft.gateway.http")
public interface HttpConfig {

    /** The largest body of a request; a larger one is refused before it is read. */
    @WithDefault("16M")
    MemorySize maxBody();

    /** How long a request may take when the client names no timeout. */
    @WithDefault("60s")
    Duration defaultTimeout();

    /** The longest timeout that a client may name. */
    @WithDefault("10m")
    Duration maxTimeout();
}
