package dev.weft.inference.v2;

import dev.weft.kit.rpc.OnlyModel;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;

/** Takes from a call's metadata which one model its messages may name. */
@GlobalInterceptor
@Singleton
public class OnlyModelServerInterceptor implements ServerInterceptor {

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        byte[] model = headers.get(OnlyModel.METADATA);
        return model == null
                ? next.startCall(call, headers)
                : Contexts.interceptCall(
                        Context.current().withValue(OnlyModel.CONTEXT, new String(model, StandardCharsets.UTF_8)),
                        call,
                        headers,
                        next);
    }
}
