package dev.weft.kit.tls;

import io.smallrye.config.ConfigMapping;
import java.util.Optional;

/** TLS between services. */
@ConfigMapping(prefix = "weft.tls")
public interface TlsConfig {

    /**
     * Name of the TLS configuration, {@code quarkus.tls."name"}, of this service's gRPC server. Where it has a trust store, only clients with a
     * certificate that it trusts are let in. Plain text when not set.
     */
    Optional<String> server();

    /** Name of the TLS configuration for calls to other services. Plain text when not set. */
    Optional<String> client();
}
