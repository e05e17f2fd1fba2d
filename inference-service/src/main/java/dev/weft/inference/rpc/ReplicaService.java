package dev.weft.inference.rpc;

import dev.weft.inference.lifecycle.DeviceSelection;
import dev.weft.inference.lifecycle.ModelRegistry;
import dev.weft.inference.lifecycle.ModelState.Loading;
import dev.weft.inference.lifecycle.ModelState.Ready;
import dev.weft.inference.lifecycle.ModelState.Unavailable;
import dev.weft.inference.lifecycle.ModelState.Unloading;
import dev.weft.inference.lifecycle.ProcessMemory;
import dev.weft.inference.lifecycle.ServedModel;
import dev.weft.inference.modelpackage.ModelId;
import dev.weft.protocol.inference.v1.GetStatusRequest;
import dev.weft.protocol.inference.v1.GetStatusResponse;
import dev.weft.protocol.inference.v1.ModelState;
import dev.weft.protocol.inference.v1.ModelStatus;
import dev.weft.protocol.inference.v1.ReplicaGrpc.ReplicaImplBase;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import java.util.UUID;

/** Tells how this process is doing. Answers from memory, on the thread that delivers the call. */
@GrpcService
public class ReplicaService extends ReplicaImplBase {

    private final String instance = UUID.randomUUID().toString();
    private final ModelRegistry registry;
    private final DeviceSelection device;

    ReplicaService(ModelRegistry registry, DeviceSelection device) {
        this.registry = registry;
        this.device = device;
    }

    @Override
    public void getStatus(GetStatusRequest request, StreamObserver<GetStatusResponse> observer) {
        long budget = registry.memoryBudget();
        GetStatusResponse.Builder status = GetStatusResponse.newBuilder()
                .setInstanceId(instance)
                .setDevice(device.device().wireName())
                .setReady(registry.isReady())
                .setDraining(registry.isEnding())
                .setMemoryBudgetBytes(budget == Long.MAX_VALUE ? 0 : budget)
                .setMemoryUsedBytes(registry.memoryUsed())
                .setResidentBytes(ProcessMemory.resident().orElse(0));
        registry.index().forEach((id, state) -> status.addModels(status(id, state)));
        observer.onNext(status.build());
        observer.onCompleted();
    }

    private static ModelStatus status(ModelId id, dev.weft.inference.lifecycle.ModelState state) {
        ModelStatus.Builder status =
                ModelStatus.newBuilder().setName(id.name()).setVersion(Long.toString(id.version()));
        switch (state) {
            case Ready(ServedModel model, String reason) ->
                status.setState(ModelState.MODEL_STATE_READY)
                        .setReason(reason)
                        .setWeightBytes(model.weightBytes())
                        .setInFlight(model.inFlight().count());
            case Loading _ -> status.setState(ModelState.MODEL_STATE_LOADING);
            case Unloading _ ->
                status.setState(ModelState.MODEL_STATE_UNLOADED).setReason("requests in flight are being finished");
            case Unavailable(var cause, String reason) ->
                status.setState(
                                switch (cause) {
                                    case NOT_NEEDED -> ModelState.MODEL_STATE_AVAILABLE;
                                    case UNLOADED -> ModelState.MODEL_STATE_UNLOADED;
                                    case FAILED -> ModelState.MODEL_STATE_FAILED;
                                })
                        .setReason(reason);
        }
        return status.build();
    }
}
