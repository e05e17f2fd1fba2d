package dev.weft.kit.tls;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import javax.net.ssl.SSLException;

/** Says of calls that no TLS connection could be made for what was wrong with it; by itself gRPC says {@code io exception}. Thread-safe. */
public final class HandshakeFailures implements ClientInterceptor {

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel channel) {
        return new SimpleForwardingClientCall<>(channel.newCall(method, options)) {
            @Override
            public void start(Listener<R> listener, Metadata headers) {
                super.start(
                        new SimpleForwardingClientCallListener<>(listener) {
                            @Override
                            public void onClose(Status status, Metadata trailers) {
                                super.onClose(told(status, channel.authority()), trailers);
                            }
                        },
                        headers);
            }
        };
    }

    private static Status told(Status status, String authority) {
        boolean handshake = false;
        String reason = "";
        for (Throwable cause = status.getCause(); cause != null; cause = cause.getCause()) {
            handshake |= cause instanceof SSLException;
            // The innermost one is about the certificate, those around it about the connection.
            reason = cause.getMessage() == null ? reason : cause.getMessage();
        }
        return handshake && status.getCode() == Status.Code.UNAVAILABLE
                ? status.withDescription("the TLS handshake with " + authority + " fails: " + reason)
                : status;
    }
}
