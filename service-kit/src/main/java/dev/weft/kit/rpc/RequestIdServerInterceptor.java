package dev.weft.kit.rpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.enterprise.inject.spi.Prioritized;
import jakarta.inject.Singleton;

/** Takes a call's request id from its metadata, or makes one, and returns it in the response's headers or trailers. */
@GlobalInterceptor
@Singleton
public class RequestIdServerInterceptor implements ServerInterceptor, Prioritized {

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        RequestId id = RequestId.ofClient(headers.get(RequestId.METADATA));
        ServerCall<Q, R> answering = new SimpleForwardingServerCall<>(call) {
            private boolean headersSent;

            @Override
            public void sendHeaders(Metadata responseHeaders) {
                headersSent = true;
                responseHeaders.discardAll(RequestId.METADATA);
                responseHeaders.put(RequestId.METADATA, id.value());
                super.sendHeaders(responseHeaders);
            }

            @Override
            public void close(Status status, Metadata trailers) {
                if (!headersSent) {
                    trailers.discardAll(RequestId.METADATA);
                    trailers.put(RequestId.METADATA, id.value());
                }
                super.close(status, trailers);
            }
        };
        return Contexts.interceptCall(Context.current().withValue(RequestId.CONTEXT, id), answering, headers, next);
    }

    @Override
    public int getPriority() {
        return Integer.MAX_VALUE;
    }
}
