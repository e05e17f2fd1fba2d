package dev.weft.gateway.v2;

import dev.weft.gateway.http.HttpConfig;
import dev.weft.gateway.keys.Caller;
import dev.weft.gateway.telemetry.RequestMetrics;
import dev.weft.gateway.upstream.ModelRepository;
import dev.weft.kit.identity.AllowedModels;
import dev.weft.kit.rpc.DeadlineServerInterceptor;
import dev.weft.kit.rpc.UnaryCalls;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase;
import dev.weft.protocol.inference.RepositoryIndexRequest;
import dev.weft.protocol.inference.RepositoryIndexResponse;
import dev.weft.protocol.inference.RepositoryModelLoadRequest;
import dev.weft.protocol.inference.RepositoryModelLoadResponse;
import dev.weft.protocol.inference.RepositoryModelUnloadRequest;
import dev.weft.protocol.inference.RepositoryModelUnloadResponse;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;

/**
 * The protocol's model repository, which concerns all replicas. The other calls concern one, and {@link GrpcProxy} passes them on before
 * they come here; that they are declared here has Quarkus' reflection service tell of the whole protocol.
 */
@GrpcService
public class RepositoryService extends GRPCInferenceServiceImplBase {

    private final ModelRepository repository;
    private final UnaryCalls calls;
    private final RequestMetrics metrics;
    private final HttpConfig config;

    RepositoryService(ModelRepository repository, UnaryCalls calls, RequestMetrics metrics, HttpConfig config) {
        this.repository = repository;
        this.calls = calls;
        this.metrics = metrics;
        this.config = config;
    }

    private Deadline deadline() {
        Deadline clients = DeadlineServerInterceptor.CONTEXT.get();
        return clients == null ? Deadline.after(config.defaultTimeout()) : clients;
    }

    @Override
    public void repositoryIndex(RepositoryIndexRequest request, StreamObserver<RepositoryIndexResponse> observer) {
        Deadline deadline = deadline();
        AllowedModels models = Caller.ofCall().models();
        calls.answer(
                "RepositoryIndex",
                observer,
                () -> metrics.record("grpc", "RepositoryIndex", "", () -> RepositoryIndexResponse.newBuilder()
                        .addAllModels(repository.index(request.getReady(), deadline).stream()
                                .filter(model -> models.allow(model.getName()))
                                .toList())
                        .build()));
    }

    @Override
    public void repositoryModelLoad(
            RepositoryModelLoadRequest request, StreamObserver<RepositoryModelLoadResponse> observer) {
        Deadline deadline = deadline();
        String model = request.getModelName();
        calls.answer(
                "RepositoryModelLoad",
                observer,
                () -> metrics.record("grpc", "RepositoryModelLoad", model, () -> {
                    repository.load(model, deadline);
                    return RepositoryModelLoadResponse.getDefaultInstance();
                }));
    }

    @Override
    public void repositoryModelUnload(
            RepositoryModelUnloadRequest request, StreamObserver<RepositoryModelUnloadResponse> observer) {
        Deadline deadline = deadline();
        String model = request.getModelName();
        calls.answer(
                "RepositoryModelUnload",
                observer,
                () -> metrics.record("grpc", "RepositoryModelUnload", model, () -> {
                    repository.unload(model, deadline);
                    return RepositoryModelUnloadResponse.getDefaultInstance();
                }));
    }
}
