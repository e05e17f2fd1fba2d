package dev.weft.inference.v2;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.inject.Singleton;

/** Takes a call's priority from its metadata, where a proxy can set it without looking into requests. */
@GlobalInterceptor
@Singleton
public class PriorityServerInterceptor implements ServerInterceptor {

    /** Metadata that names it; goes before the request's parameter. */
    static final String HEADER = "x-priority";

    /** Where a call keeps it, as it came; absent when there is none. */
    static final Context.Key<String> CONTEXT = Context.key(HEADER);

    private static final Metadata.Key<String> METADATA = Metadata.Key.of(HEADER, Metadata.ASCII_STRING_MARSHALLER);

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        String priority = headers.get(METADATA);
        return priority == null
                ? next.startCall(call, headers)
                : Contexts.interceptCall(Context.current().withValue(CONTEXT, priority), call, headers, next);
    }
}
