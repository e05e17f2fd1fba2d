package dev.weft.embedding.embedder;

import dev.weft.embedding.usage.CallUsage;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.identity.IdentityClientInterceptor;
import dev.weft.kit.rpc.CallEffort;
import dev.weft.kit.rpc.RequestId;
import dev.weft.kit.time.Deadline;
import dev.weft.kit.tls.ServiceChannels;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferResponse;
import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** The Open Inference Protocol's text models, by gRPC. Thread-safe. */
@Singleton
class TextModels {

    private static final int KEEP_ALIVE_SECONDS = 30;

    private final ManagedChannel channel;
    private final GRPCInferenceServiceBlockingStub stub;

    @Inject
    TextModels(InferenceConfig config, IdentityClientInterceptor identity, ServiceChannels channels) {
        this(config, channels.to(config.target()), List.of(identity));
    }

    TextModels(InferenceConfig config, ManagedChannelBuilder<?> channel, List<ClientInterceptor> interceptors) {
        this.channel = channel.intercept(interceptors)
                .maxInboundMessageSize(Math.toIntExact(config.maxMessage().asLongValue()))
                .defaultLoadBalancingPolicy("round_robin")
                .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
                .build();
        this.stub = GRPCInferenceServiceGrpc.newBlockingStub(this.channel);
    }

    /** The connection, for calls of another kind. */
    ManagedChannel channel() {
        return channel;
    }

    void stop(@Observes ShutdownEvent event) {
        close();
    }

    void close() {
        channel.shutdownNow();
    }

    /** An answer, and what it took. */
    record Answer(ModelInferResponse response, CallEffort effort) {}

    /**
     * Runs a model; with the id of the request that this thread is about, to whose usage it is added.
     *
     * @throws Failure when there is no answer
     */
    Answer infer(ModelInferRequest request, Deadline deadline) {
        AtomicReference<Metadata> trailers = new AtomicReference<>();
        try {
            return new Answer(infer(request, deadline, trailers), effort(trailers));
        } finally {
            CallUsage.ofCall().add(request.getModelName(), effort(trailers));
        }
    }

    private static CallEffort effort(AtomicReference<Metadata> trailers) {
        Metadata told = trailers.get();
        return CallEffort.ofTrailer(told == null ? null : told.get(CallEffort.METADATA));
    }

    private ModelInferResponse infer(ModelInferRequest request, Deadline deadline, AtomicReference<Metadata> trailers) {
        Metadata headers = new Metadata();
        RequestId id = RequestId.CONTEXT.get();
        headers.put(RequestId.METADATA, (id == null ? RequestId.random() : id).value());
        try {
            ModelInferResponse response = stub.withDeadlineAfter(
                            deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)
                    .withInterceptors(
                            MetadataUtils.newAttachHeadersInterceptor(headers),
                            MetadataUtils.newCaptureMetadataInterceptor(new AtomicReference<>(), trailers))
                    .modelInfer(request);
            if (response.getRawOutputContentsCount() != response.getOutputsCount()) {
                throw new Internal(
                        "model '" + request.getModelName() + "' answered " + response.getOutputsCount()
                                + " outputs and " + response.getRawOutputContentsCount()
                                + " raw contents (expected: as many)",
                        null);
            }
            return response;
        } catch (StatusRuntimeException e) {
            throw GrpcFailures.toFailure(e);
        }
    }
}
