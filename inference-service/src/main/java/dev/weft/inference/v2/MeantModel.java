package dev.weft.inference.v2;

import dev.weft.protocol.inference.ModelInferRequest;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/**
 * Which model a call means, where that is another than its messages name: the gateway knows what an alias stands for, and passes messages on
 * without looking into them. A call's metadata says it, {@code x-weft-model: named=name:version}; messages that name another model mean what
 * they name.
 *
 * @param named what messages name
 * @param name of the model that is meant
 * @param version in decimal digits; empty for the one that the replica chooses
 */
record MeantModel(String named, String name, String version) {

    private static final Metadata.Key<String> METADATA =
            Metadata.Key.of("x-weft-model", Metadata.ASCII_STRING_MARSHALLER);

    private static final Context.Key<MeantModel> CONTEXT = Context.key("x-weft-model");

    /** What is meant by a message of the current call. */
    static MeantModel of(String model, String version) {
        @Nullable MeantModel meant = CONTEXT.get();
        return meant != null && meant.named.equals(model) ? meant : new MeantModel(model, model, version);
    }

    /** The message of the current call as it means. */
    static ModelInferRequest of(ModelInferRequest request) {
        @Nullable MeantModel meant = CONTEXT.get();
        return meant == null || !meant.named.equals(request.getModelName())
                ? request
                : request.toBuilder()
                        .setModelName(meant.name)
                        .setModelVersion(meant.version)
                        .build();
    }

    private static @Nullable MeantModel parse(@Nullable String header) {
        if (header == null) {
            return null;
        }
        int equals = header.lastIndexOf('=');
        int colon = header.lastIndexOf(':');
        return equals <= 0 || colon <= equals
                ? null
                : new MeantModel(
                        header.substring(0, equals), header.substring(equals + 1, colon), header.substring(colon + 1));
    }

    /** Takes it from the metadata. */
    @GlobalInterceptor
    @Singleton
    static class Interceptor implements ServerInterceptor {
        @Override
        public <Q, R> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
            MeantModel meant = parse(headers.get(METADATA));
            return meant == null
                    ? next.startCall(call, headers)
                    : Contexts.interceptCall(Context.current().withValue(CONTEXT, meant), call, headers, next);
        }
    }
}
