package dev.weft.kit.rpc;

import dev.weft.kit.time.Deadline;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.enterprise.inject.spi.Prioritized;
import jakarta.inject.Singleton;

/**
 * Takes a call's deadline from the {@code grpc-timeout} header: Quarkus' unified server, unlike grpc-java's own, does not put it
 * into the gRPC context.
 */
@GlobalInterceptor
@Singleton
public class DeadlineServerInterceptor implements ServerInterceptor, Prioritized {

    /** Where a call keeps its deadline; absent when the client set none. */
    public static final Context.Key<Deadline> CONTEXT = Context.key("deadline");

    private static final Metadata.Key<String> GRPC_TIMEOUT =
            Metadata.Key.of(GrpcTimeout.HEADER, Metadata.ASCII_STRING_MARSHALLER);

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        Deadline deadline = GrpcTimeout.deadline(headers.get(GRPC_TIMEOUT));
        return deadline == null
                ? next.startCall(call, headers)
                : Contexts.interceptCall(Context.current().withValue(CONTEXT, deadline), call, headers, next);
    }

    @Override
    public int getPriority() {
        return Integer.MAX_VALUE - 1;
    }
}
