package dev.weft.inference.v2;

import dev.weft.kit.rpc.CallEffort;
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

/** Tells in a call's trailers what its answers took: a gateway that does not decode them counts by it. */
@GlobalInterceptor
@Singleton
public class EffortServerInterceptor implements ServerInterceptor {

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        EffortTally tally = new EffortTally();
        ServerCall<Q, R> telling = new SimpleForwardingServerCall<>(call) {
            @Override
            public void close(Status status, Metadata trailers) {
                CallEffort sum = tally.sum();
                if (!sum.equals(CallEffort.NONE)) {
                    trailers.put(CallEffort.METADATA, sum.trailer());
                }
                super.close(status, trailers);
            }
        };
        return Contexts.interceptCall(Context.current().withValue(EffortTally.CONTEXT, tally), telling, headers, next);
    }
}
