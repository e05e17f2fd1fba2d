package dev.weft.kit.tls;

import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.quarkus.grpc.api.ServerBuilderCustomizer;
import io.quarkus.grpc.runtime.config.GrpcServerConfiguration;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.tls.CertificateUpdatedEvent;
import io.quarkus.tls.TlsConfiguration;
import io.vertx.core.Vertx;
import io.vertx.grpc.VertxServerBuilder;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.Config;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Gives the gRPC server of a service the certificates of a configuration of the TLS registry, which Quarkus does only for the server that it
 * shares with HTTP, and replaces them when the registry reads them again. Thread-safe.
 */
@Singleton
public class GrpcServerTls implements ServerBuilderCustomizer<VertxServerBuilder> {

    private static final Logger LOG = Logger.getLogger(GrpcServerTls.class);

    private final TlsConfigurations configurations;
    private final Config process;
    private final Vertx vertx;
    private @Nullable ReloadedSslContext context;

    GrpcServerTls(TlsConfigurations configurations, Config process, Vertx vertx) {
        this.configurations = configurations;
        this.process = process;
        this.vertx = vertx;
    }

    // A failure in customize is logged, and the process would go on without its server.
    void start(@Observes @Priority(1) StartupEvent event) {
        TlsConfiguration server = configurations.server();
        boolean separate = process.getOptionalValue("quarkus.grpc.server.use-separate-server", Boolean.class)
                .orElse(true);
        if (server != null && !separate) {
            throw new IllegalStateException(
                    "weft.tls.server: '" + server.getName() + "' (expected: nothing, as this service has one"
                            + " server for HTTP and gRPC: set quarkus.http.tls-configuration-name)");
        }
    }

    @Override
    public synchronized void customize(GrpcServerConfiguration config, VertxServerBuilder builder) {
        TlsConfiguration server = configurations.server();
        if (server != null) {
            ReloadedSslContext made = new ReloadedSslContext(context(server));
            builder.nettyBuilder().sslContext(made);
            context = made;
            LOG.infof(
                    "gRPC by TLS, quarkus.tls.%s: clients %s",
                    server.getName(),
                    server.getTrustStoreOptions() == null ? "show no certificate" : "must show a certificate");
        }
    }

    synchronized void updated(@Observes CertificateUpdatedEvent event) {
        TlsConfiguration server = configurations.server();
        ReloadedSslContext made = context;
        if (made != null && server != null && event.name().equals(server.getName())) {
            try {
                made.replace(context(server));
            } catch (IllegalStateException e) {
                LOG.errorf(
                        e, "certificates of quarkus.tls.%s cannot be used, so those from before are", server.getName());
            }
        }
    }

    private SslContext context(TlsConfiguration server) {
        try {
            SslContextBuilder builder =
                    SslContextBuilder.forServer(server.getKeyStoreOptions().getKeyManagerFactory(vertx));
            if (server.getTrustStoreOptions() != null) {
                builder.trustManager(server.getTrustStoreOptions().getTrustManagerFactory(vertx))
                        .clientAuth(ClientAuth.REQUIRE);
            }
            return GrpcTls.built(builder, server.getSSLOptions());
        } catch (Exception e) {
            throw new IllegalStateException(
                    "quarkus.tls." + server.getName() + " cannot be used: " + e.getMessage(), e);
        }
    }
}
