package dev.weft.kit.tls;

import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.vertx.core.net.SSLOptions;
import javax.net.ssl.SSLException;

/** What both ends of gRPC over TLS have in common. */
final class GrpcTls {

    private GrpcTls() {}

    /** The context with gRPC's protocol, and with the versions and ciphers of the configuration. */
    static SslContext built(SslContextBuilder builder, SSLOptions options) throws SSLException {
        GrpcSslContexts.configure(builder, SslProvider.JDK);
        builder.protocols(options.getEnabledSecureTransportProtocols());
        if (!options.getEnabledCipherSuites().isEmpty()) {
            builder.ciphers(options.getEnabledCipherSuites());
        }
        return builder.build();
    }
}
