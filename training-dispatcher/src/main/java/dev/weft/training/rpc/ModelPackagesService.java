package dev.weft.training.rpc;

import dev.weft.kit.rpc.CallThreads;
import dev.weft.kit.rpc.UnaryCalls;
import dev.weft.store.ModelStores;
import dev.weft.store.rpc.ModelPackages;
import io.quarkus.grpc.GrpcService;

/** What is published here, for replicas of inference-service that do not see the stores. */
@GrpcService
public class ModelPackagesService extends ModelPackages {

    ModelPackagesService(UnaryCalls calls, CallThreads threads, ModelStores stores) {
        super(calls, threads, stores);
    }
}
