package dev.weft.inference.v2;

import dev.weft.kit.rpc.SingleAnswer;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.inject.Singleton;

/** Takes from a call's metadata that its stream has one request. */
@GlobalInterceptor
@Singleton
public class SingleAnswerServerInterceptor implements ServerInterceptor {

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        return SingleAnswer.VALUE.equals(headers.get(SingleAnswer.METADATA))
                ? Contexts.interceptCall(Context.current().withValue(SingleAnswer.CONTEXT, true), call, headers, next)
                : next.startCall(call, headers);
    }
}
