package dev.weft.training.rpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/** Takes a worker's token from its call. Whose it is, is looked up where the call is worked on: that asks the database, which this thread must not. */
@Singleton
public class WorkerTokenInterceptor implements ServerInterceptor {

    private static final Context.Key<String> TOKEN = Context.key("worker-token");

    /** Not {@code authorization}: that one is for the service that passes the call on, and ends at this process' door. */
    private static final Metadata.Key<String> WORKER_TOKEN =
            Metadata.Key.of("weft-worker-token", Metadata.ASCII_STRING_MARSHALLER);

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        String token = headers.get(WORKER_TOKEN);
        return Contexts.interceptCall(
                Context.current().withValue(TOKEN, token == null ? "" : token), call, headers, next);
    }

    /** The present call's token; empty when it has none. */
    static String token() {
        @Nullable String token = TOKEN.get();
        return token == null ? "" : token;
    }
}
