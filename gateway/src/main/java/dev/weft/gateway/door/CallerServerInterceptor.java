package dev.weft.gateway.door;

import dev.weft.gateway.keys.Caller;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.GrpcFailures;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.enterprise.inject.spi.Prioritized;
import jakarta.inject.Singleton;

/**
 * Tells the gateway's own gRPC services who calls. {@link Door} has let the call in already; that it is checked here again costs a look into memory,
 * and holds if these services ever listen on a port of their own.
 */
@GlobalInterceptor
@Singleton
public class CallerServerInterceptor implements ServerInterceptor, Prioritized {

    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> API_KEY = Metadata.Key.of("x-api-key", Metadata.ASCII_STRING_MARSHALLER);

    private final Door door;

    CallerServerInterceptor(Door door) {
        this.door = door;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        Caller caller;
        try {
            caller = door.caller(
                    call.getMethodDescriptor().getFullMethodName(), headers.get(AUTHORIZATION), headers.get(API_KEY));
        } catch (Failure failure) {
            StatusRuntimeException told = GrpcFailures.toStatus(failure);
            Metadata trailers = told.getTrailers();
            call.close(told.getStatus(), trailers == null ? new Metadata() : trailers);
            return new ServerCall.Listener<>() {};
        }
        return Contexts.interceptCall(Context.current().withValue(Caller.CONTEXT, caller), call, headers, next);
    }

    @Override
    public int getPriority() {
        // After the request's id, which refusals tell too.
        return Integer.MAX_VALUE - 2;
    }
}
