package dev.weft.gateway.upstream;

import com.google.protobuf.MessageLite;
import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.routing.Choice;
import dev.weft.gateway.routing.Placement;
import dev.weft.gateway.routing.Placement.Visit;
import dev.weft.gateway.routing.Replica;
import dev.weft.gateway.routing.RetryBudget;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.rpc.RequestId;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferResponse;
import io.grpc.Context;
import io.grpc.MethodDescriptor;
import io.vertx.core.Future;
import io.vertx.core.impl.ContextInternal;
import jakarta.inject.Singleton;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Calls inference-service, whichever of its replicas is the right one. Thread-safe. */
@Singleton
public class InferenceUpstream {

    private final ReplicaConnections connections;
    private final ReplicaDirectory directory;
    private final Placement placement;
    private final RetryBudget retries = new RetryBudget();

    InferenceUpstream(ReplicaConnections connections, ReplicaDirectory directory, Placement placement) {
        this.connections = connections;
        this.directory = directory;
        this.placement = placement;
    }

    /**
     * A call from the event loop that asks; it is made when it is started.
     *
     * @param model which the call is about; empty when it is about none
     */
    public UpstreamCall open(String model, UpstreamCall.Request request, UpstreamCall.Receiver receiver) {
        return connections.open(connections.context(), request, new Placed(model), receiver);
    }

    ContextInternal context() {
        return connections.context();
    }

    long maxMessage() {
        return connections.maxMessage();
    }

    /**
     * Makes a blocking call on behalf of a REST request: bounded by its deadline, cancelled when its client goes away.
     *
     * @param model which the call is about; empty when it is about none
     * @throws Failure when there is no answer
     */
    public <Q extends MessageLite, R> R call(String model, RestCall call, MethodDescriptor<Q, R> method, Q request) {
        return call(model, call.id(), call.deadline(), call.work(), method, request);
    }

    /**
     * Makes a blocking call.
     *
     * @param work cancels the call when it is cancelled; null when nothing but the deadline does
     * @throws Failure when there is no answer
     */
    <Q extends MessageLite, R> R call(
            String model,
            RequestId id,
            Deadline deadline,
            Context.@Nullable CancellableContext work,
            MethodDescriptor<Q, R> method,
            Q request) {
        UpstreamCall.Request said = new UpstreamCall.Request(ReplicaConnections.path(method), id, null, deadline);
        return connections.call(said, new Placed(model), work, method, request);
    }

    /**
     * Runs a model on behalf of a REST request: with its priority, and with what the model tells of its time noted for the answer.
     *
     * @throws Failure when there is no answer
     */
    public ModelInferResponse infer(RestCall call, ModelInferRequest request) {
        ModelInferResponse response = call(
                request.getModelName(),
                call,
                GRPCInferenceServiceGrpc.getModelInferMethod(),
                CallParameters.withPriority(request, call));
        CallParameters.noteTimes(response, call);
        return response;
    }

    /** The replicas that placement chooses for one call. */
    private final class Placed implements Destinations {

        private final String model;

        private Placed(String model) {
            this.model = model;
            retries.deposit();
        }

        @Override
        public Future<Replica> next(List<Replica> tried) {
            if (placement.members().isEmpty()) {
                return directory.firstLook().compose(_ -> choose(tried));
            }
            return choose(tried);
        }

        private Future<Replica> choose(List<Replica> tried) {
            return switch (placement.choose(model, tried)) {
                case Choice.Now(Replica replica) -> Future.succeededFuture(replica);
                case Choice.AfterLoad(Replica replica) ->
                    directory.load(model, replica).map(replica);
                case Choice.Nowhere(String why) -> Future.failedFuture(new Unavailable(why));
            };
        }

        @Override
        public Visit visit(Replica replica) {
            return placement.visit(model, replica);
        }

        @Override
        public boolean again() {
            return retries.withdraw();
        }

        @Override
        public Future<Boolean> reconsider(Replica replica) {
            return directory.doubt(replica).map(_ -> placement.isHopeful(model));
        }
    }
}
