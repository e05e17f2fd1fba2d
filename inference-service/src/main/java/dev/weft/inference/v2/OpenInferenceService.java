package dev.weft.inference.v2;

import dev.weft.inference.lifecycle.DeviceSelection;
import dev.weft.inference.lifecycle.ModelRegistry;
import dev.weft.inference.lifecycle.ModelState;
import dev.weft.inference.lifecycle.ServedModel;
import dev.weft.inference.modelpackage.ModelId;
import dev.weft.kit.rpc.CallThreads;
import dev.weft.kit.rpc.OnlyModel;
import dev.weft.kit.rpc.UnaryCalls;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferResponse;
import dev.weft.protocol.inference.ModelMetadataRequest;
import dev.weft.protocol.inference.ModelMetadataResponse;
import dev.weft.protocol.inference.ModelReadyRequest;
import dev.weft.protocol.inference.ModelReadyResponse;
import dev.weft.protocol.inference.ModelStreamInferResponse;
import dev.weft.protocol.inference.RepositoryIndexRequest;
import dev.weft.protocol.inference.RepositoryIndexResponse;
import dev.weft.protocol.inference.RepositoryIndexResponse.ModelIndex;
import dev.weft.protocol.inference.RepositoryModelLoadRequest;
import dev.weft.protocol.inference.RepositoryModelLoadResponse;
import dev.weft.protocol.inference.RepositoryModelUnloadRequest;
import dev.weft.protocol.inference.RepositoryModelUnloadResponse;
import dev.weft.protocol.inference.ServerLiveRequest;
import dev.weft.protocol.inference.ServerLiveResponse;
import dev.weft.protocol.inference.ServerMetadataRequest;
import dev.weft.protocol.inference.ServerMetadataResponse;
import dev.weft.protocol.inference.ServerReadyRequest;
import dev.weft.protocol.inference.ServerReadyResponse;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Serves the protocol from this replica's registry. Stateless. */
@GrpcService
class OpenInferenceService extends GRPCInferenceServiceImplBase {

    private static final List<String> EXTENSIONS = List.of("model_repository", "model_repository(unload_dependents)");

    private final ModelRegistry registry;
    private final UnaryCalls calls;
    private final ModelInference models;
    private final InferStreams streams;
    private final DeviceSelection device;
    private final CallThreads threads;
    private final String version;

    OpenInferenceService(
            ModelRegistry registry,
            UnaryCalls calls,
            ModelInference models,
            InferStreams streams,
            DeviceSelection device,
            CallThreads threads,
            @ConfigProperty(name = "quarkus.application.version") String version) {
        this.registry = registry;
        this.calls = calls;
        this.models = models;
        this.streams = streams;
        this.device = device;
        this.threads = threads;
        this.version = version;
    }

    @Override
    public void serverLive(ServerLiveRequest request, StreamObserver<ServerLiveResponse> observer) {
        calls.answer("ServerLive", observer, () -> ServerLiveResponse.newBuilder()
                .setLive(true)
                .build());
    }

    @Override
    public void serverReady(ServerReadyRequest request, StreamObserver<ServerReadyResponse> observer) {
        calls.answer("ServerReady", observer, () -> ServerReadyResponse.newBuilder()
                .setReady(registry.isReady())
                .build());
    }

    @Override
    public void serverMetadata(ServerMetadataRequest request, StreamObserver<ServerMetadataResponse> observer) {
        calls.answer("ServerMetadata", observer, () -> ServerMetadataResponse.newBuilder()
                .setName("weft-inference on " + device.describe())
                .setVersion(version)
                .addAllExtensions(EXTENSIONS)
                .build());
    }

    @Override
    public void modelReady(ModelReadyRequest request, StreamObserver<ModelReadyResponse> observer) {
        MeantModel meant = MeantModel.of(request.getName(), request.getVersion());
        calls.answer("ModelReady", observer, () -> {
            OnlyModel.check(OnlyModel.CONTEXT.get(), request.getName());
            try {
                registry.resolve(meant.name(), meant.version());
                return ModelReadyResponse.newBuilder().setReady(true).build();
            } catch (dev.weft.kit.error.Failure.Unavailable _) {
                return ModelReadyResponse.newBuilder().setReady(false).build();
            }
        });
    }

    @Override
    public void modelMetadata(ModelMetadataRequest request, StreamObserver<ModelMetadataResponse> observer) {
        MeantModel meant = MeantModel.of(request.getName(), request.getVersion());
        calls.answer("ModelMetadata", observer, () -> {
            OnlyModel.check(OnlyModel.CONTEXT.get(), request.getName());
            return ModelMetadataWriter.write(
                    registry.resolve(meant.name(), meant.version()),
                    registry.versions(meant.name()).keySet().stream()
                            .map(ModelId::version)
                            .toList());
        });
    }

    @Override
    public void modelInfer(ModelInferRequest request, StreamObserver<ModelInferResponse> observer) {
        EffortTally effort = EffortTally.ofCall();
        calls.answerLater(
                "ModelInfer",
                observer,
                () -> {
                    OnlyModel.check(OnlyModel.CONTEXT.get(), request.getModelName());
                    return models.infer(MeantModel.of(request));
                },
                answer -> {
                    effort.add(request, answer);
                    return AnswerEncoder.encode(request, answer);
                });
    }

    @Override
    public StreamObserver<ModelInferRequest> modelStreamInfer(StreamObserver<ModelStreamInferResponse> observer) {
        return streams.open(observer);
    }

    @Override
    public void repositoryIndex(RepositoryIndexRequest request, StreamObserver<RepositoryIndexResponse> observer) {
        calls.answer("RepositoryIndex", observer, () -> {
            RepositoryIndexResponse.Builder response = RepositoryIndexResponse.newBuilder();
            registry.index().forEach((id, state) -> {
                if (!request.getReady() || state instanceof ModelState.Ready) {
                    response.addModels(index(id, state));
                }
            });
            return response.build();
        });
    }

    private static ModelIndex.Builder index(ModelId id, ModelState state) {
        ModelIndex.Builder index = ModelIndex.newBuilder().setName(id.name()).setVersion(Long.toString(id.version()));
        return switch (state) {
            case ModelState.Ready(ServedModel _, String reason) ->
                index.setState("READY").setReason(reason);
            case ModelState.Loading _ -> index.setState("LOADING");
            case ModelState.Unloading _ -> index.setState("UNLOADING");
            case ModelState.Unavailable(ModelState.Cause _, String reason) ->
                index.setState("UNAVAILABLE").setReason(reason);
        };
    }

    @Override
    public void repositoryModelLoad(
            RepositoryModelLoadRequest request, StreamObserver<RepositoryModelLoadResponse> observer) {
        // A client that goes away must not break a load off in its middle, which others wait for.
        calls.answerLater(
                "RepositoryModelLoad",
                observer,
                () -> CompletableFuture.runAsync(() -> LoadRequest.of(request).run(registry), threads),
                _ -> RepositoryModelLoadResponse.getDefaultInstance());
    }

    @Override
    public void repositoryModelUnload(
            RepositoryModelUnloadRequest request, StreamObserver<RepositoryModelUnloadResponse> observer) {
        calls.answerLater(
                "RepositoryModelUnload",
                observer,
                () -> CompletableFuture.runAsync(() -> registry.unload(request.getModelName()), threads),
                _ -> RepositoryModelUnloadResponse.getDefaultInstance());
    }
}
