package dev.weft.embedding.usage;

import dev.weft.kit.rpc.ModelEffort;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.inject.Singleton;

/** Tells in a call's trailers what it took of which models: the gateway, who knows whose call it is, counts by it. */
@GlobalInterceptor
@Singleton
public class UsageServerInterceptor implements ServerInterceptor {

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        CallUsage usage = new CallUsage();
        ServerCall<Q, R> telling = new SimpleForwardingServerCall<>(call) {
            @Override
            public void close(Status status, Metadata trailers) {
                for (ModelEffort effort : usage.efforts()) {
                    trailers.put(ModelEffort.METADATA, effort.trailer());
                }
                super.close(status, trailers);
            }
        };
        return Contexts.interceptCall(Context.current().withValue(CallUsage.CONTEXT, usage), telling, headers, next);
    }
}
