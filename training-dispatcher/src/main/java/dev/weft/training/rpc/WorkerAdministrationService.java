package dev.weft.training.rpc;

import dev.weft.kit.rpc.UnaryCalls;
import dev.weft.protocol.training.v1.CreateWorkerRequest;
import dev.weft.protocol.training.v1.CreateWorkerResponse;
import dev.weft.protocol.training.v1.ListWorkersRequest;
import dev.weft.protocol.training.v1.ListWorkersResponse;
import dev.weft.protocol.training.v1.RevokeWorkerRequest;
import dev.weft.protocol.training.v1.RevokeWorkerResponse;
import dev.weft.protocol.training.v1.Worker;
import dev.weft.protocol.training.v1.WorkerAdministrationGrpc;
import dev.weft.training.backend.worker.WorkerRepository;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;

/** Who may pull work. */
@GrpcService
public class WorkerAdministrationService extends WorkerAdministrationGrpc.WorkerAdministrationImplBase {

    private final UnaryCalls calls;
    private final WorkerRepository workers;

    WorkerAdministrationService(UnaryCalls calls, WorkerRepository workers) {
        this.calls = calls;
        this.workers = workers;
    }

    @Override
    public void createWorker(CreateWorkerRequest request, StreamObserver<CreateWorkerResponse> observer) {
        calls.answer("CreateWorker", observer, () -> {
            String token = workers.create(request.getName());
            return CreateWorkerResponse.newBuilder()
                    .setToken(token)
                    .setWorker(Worker.newBuilder().setName(request.getName()))
                    .build();
        });
    }

    @Override
    public void listWorkers(ListWorkersRequest request, StreamObserver<ListWorkersResponse> observer) {
        calls.answer("ListWorkers", observer, () -> {
            ListWorkersResponse.Builder response = ListWorkersResponse.newBuilder();
            for (WorkerRepository.Worker worker : workers.all()) {
                Worker.Builder message = response.addWorkersBuilder()
                        .setName(worker.name())
                        .setCreatedAt(JobMessages.message(worker.createdAt()))
                        .setRevoked(worker.revoked());
                worker.lastSeenAt().ifPresent(at -> message.setLastSeenAt(JobMessages.message(at)));
            }
            return response.build();
        });
    }

    @Override
    public void revokeWorker(RevokeWorkerRequest request, StreamObserver<RevokeWorkerResponse> observer) {
        calls.answer("RevokeWorker", observer, () -> {
            workers.revoke(request.getName());
            return RevokeWorkerResponse.getDefaultInstance();
        });
    }
}
