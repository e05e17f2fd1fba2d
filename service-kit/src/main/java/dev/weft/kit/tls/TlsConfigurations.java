package dev.weft.kit.tls;

import io.quarkus.tls.TlsConfiguration;
import io.quarkus.tls.TlsConfigurationRegistry;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/** The TLS configurations that services use between each other. Thread-safe. */
@Singleton
public class TlsConfigurations {

    private final TlsConfig config;
    private final TlsConfigurationRegistry registry;

    TlsConfigurations(TlsConfig config, TlsConfigurationRegistry registry) {
        this.config = config;
        this.registry = registry;
    }

    /**
     * The one of this service's gRPC server; null for plain text.
     *
     * @throws IllegalStateException when it does not exist, or lacks something
     */
    @Nullable
    TlsConfiguration server() {
        if (config.server().isEmpty()) {
            return null;
        }
        TlsConfiguration server = named("weft.tls.server", config.server().get());
        if (server.getKeyStoreOptions() == null) {
            throw new IllegalStateException("weft.tls.server: quarkus.tls." + server.getName()
                    + " has no key store (expected: the service's certificate and key)");
        }
        requireNoRevocationList("weft.tls.server", server);
        return server;
    }

    /**
     * The one for calls to other services; null for plain text.
     *
     * @throws IllegalStateException when it does not exist, or has what would not be heeded
     */
    public @Nullable TlsConfiguration client() {
        if (config.client().isEmpty()) {
            return null;
        }
        TlsConfiguration client = named("weft.tls.client", config.client().get());
        requireNoRevocationList("weft.tls.client", client);
        return client;
    }

    private static void requireNoRevocationList(String property, TlsConfiguration tls) {
        if (!tls.getSSLOptions().getCrlValues().isEmpty()) {
            throw new IllegalStateException(property + ": quarkus.tls." + tls.getName()
                    + " has a certificate revocation list (expected: none, it would not be heeded)");
        }
    }

    private TlsConfiguration named(String property, String name) {
        return registry.get(name)
                .orElseThrow(() -> new IllegalStateException(
                        property + ": '" + name + "' (expected: NAME of a configuration quarkus.tls.NAME.…)"));
    }
}
