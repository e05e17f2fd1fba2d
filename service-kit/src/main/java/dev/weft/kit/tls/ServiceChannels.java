package dev.weft.kit.tls;

import io.grpc.ManagedChannelBuilder;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.tls.CertificateUpdatedEvent;
import io.quarkus.tls.TlsConfiguration;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Channels of grpc-java to other services: by TLS where {@code weft.tls.client} names a configuration, and then connections that are made after
 * certificates were renewed use the new ones. The called service must have the name, or the address, that the target says. Thread-safe.
 */
@Singleton
public class ServiceChannels {

    private static final Logger LOG = Logger.getLogger(ServiceChannels.class);

    private final Vertx vertx;
    private final @Nullable TlsConfiguration tls;
    private final @Nullable ReloadedSslContext context;

    @Inject
    ServiceChannels(TlsConfigurations configurations, Vertx vertx) {
        this(configurations.client(), vertx);
    }

    /** With that configuration of the TLS registry; null for plain text. */
    public ServiceChannels(@Nullable TlsConfiguration tls, Vertx vertx) {
        this.vertx = vertx;
        this.tls = tls;
        this.context = tls == null ? null : new ReloadedSslContext(context(tls));
    }

    /** Certificates that cannot be used keep the service from starting, rather than its first call from being made. */
    void start(@Observes StartupEvent event) {
        if (tls != null) {
            LOG.infof("calls to other services by TLS, quarkus.tls.%s", tls.getName());
        }
    }

    /** A channel that is not built yet, to {@code host:port} or another target of gRPC. */
    public ManagedChannelBuilder<?> to(String target) {
        NettyChannelBuilder builder = NettyChannelBuilder.forTarget(target);
        return context == null
                ? builder.usePlaintext()
                : builder.sslContext(context).intercept(new HandshakeFailures());
    }

    /** Has connections that are made from now on use the certificates that were renewed. */
    public void updated(@Observes CertificateUpdatedEvent event) {
        if (context != null && tls != null && event.name().equals(tls.getName())) {
            try {
                context.replace(context(event.tlsConfiguration()));
            } catch (IllegalStateException e) {
                LOG.errorf(e, "certificates of quarkus.tls.%s cannot be used, so those from before are", tls.getName());
            }
        }
    }

    private SslContext context(TlsConfiguration client) {
        try {
            SslContextBuilder builder = SslContextBuilder.forClient();
            if (client.getTrustStoreOptions() != null) {
                builder.trustManager(client.getTrustStoreOptions().getTrustManagerFactory(vertx));
            }
            if (client.getKeyStoreOptions() != null) {
                builder.keyManager(client.getKeyStoreOptions().getKeyManagerFactory(vertx));
            }
            return GrpcTls.built(builder, client.getSSLOptions());
        } catch (Exception e) {
            throw new IllegalStateException(
                    "quarkus.tls." + client.getName() + " cannot be used: " + e.getMessage(), e);
        }
    }
}
