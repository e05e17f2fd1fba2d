package dev.weft.gateway.training;

import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.keys.Caller;
import dev.weft.gateway.services.ServiceConnection;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.identity.IdentityClientInterceptor;
import dev.weft.kit.tls.ServiceChannels;
import dev.weft.protocol.training.v1.CancelJobRequest;
import dev.weft.protocol.training.v1.GetJobRequest;
import dev.weft.protocol.training.v1.Job;
import dev.weft.protocol.training.v1.TrainingGrpc;
import dev.weft.protocol.training.v1.TrainingGrpc.TrainingBlockingStub;
import dev.weft.protocol.training.v1.TrainingWorkersGrpc;
import dev.weft.protocol.training.v1.TrainingWorkersGrpc.TrainingWorkersBlockingStub;
import dev.weft.protocol.training.v1.WorkerAdministrationGrpc;
import dev.weft.protocol.training.v1.WorkerAdministrationGrpc.WorkerAdministrationBlockingStub;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.util.function.Function;

/** Calls training-dispatcher on behalf of REST requests. Blocks; thread-safe. */
@Singleton
class TrainingService {

    private static final Metadata.Key<String> WORKER_TOKEN =
            Metadata.Key.of("weft-worker-token", Metadata.ASCII_STRING_MARSHALLER);

    private final ServiceConnection service;

    TrainingService(TrainingConfig config, IdentityClientInterceptor identity, ServiceChannels channels) {
        this.service = new ServiceConnection(
                "training-dispatcher",
                channels.to(config.target()),
                config.maxMessage().asLongValue(),
                identity);
    }

    @PreDestroy
    void close() {
        service.close();
    }

    /**
     * Makes a call.
     *
     * @throws dev.weft.kit.error.Failure when there is no answer
     */
    <R> R call(RestCall call, Function<TrainingBlockingStub, R> operation) {
        TrainingBlockingStub stub =
                ServiceConnection.prepare(TrainingGrpc.newBlockingStub(service.channel()), call, call.deadline());
        return service.call(call, () -> operation.apply(stub));
    }

    /** The same for workers. */
    <R> R administer(RestCall call, Function<WorkerAdministrationBlockingStub, R> operation) {
        WorkerAdministrationBlockingStub stub = ServiceConnection.prepare(
                WorkerAdministrationGrpc.newBlockingStub(service.channel()), call, call.deadline());
        return service.call(call, () -> operation.apply(stub));
    }

    /**
     * The same on behalf of a worker.
     *
     * @param token his
     */
    <R> R work(RestCall call, String token, Function<TrainingWorkersBlockingStub, R> operation) {
        Metadata headers = new Metadata();
        headers.put(WORKER_TOKEN, token);
        TrainingWorkersBlockingStub stub = ServiceConnection.prepare(
                        TrainingWorkersGrpc.newBlockingStub(service.channel()), call, call.deadline())
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .withOption(IdentityClientInterceptor.WITH_OTHER_TOKEN, true);
        return service.call(call, () -> operation.apply(stub));
    }

    /**
     * The job, if it is the caller's; an administrator's are all.
     *
     * @throws NotFound when it is somebody else's, as when there is none
     */
    Job own(String id, Caller caller, RestCall call) {
        Job job = call(
                        call,
                        stub -> stub.getJob(
                                GetJobRequest.newBuilder().setJobId(id).build()))
                .getJob();
        if (!caller.seesOf().isEmpty() && !job.getOwner().equals(caller.owner())) {
            throw new NotFound("job '" + id + "' is unknown");
        }
        return job;
    }

    /** Asks for a job of the caller's to be ended. */
    Job cancel(String id, Caller caller, RestCall call) {
        CancelJobRequest request = CancelJobRequest.newBuilder()
                .setJobId(id)
                .setReason("asked for by " + caller.name())
                .build();
        return call(call, stub -> stub.cancelJob(request)).getJob();
    }
}
