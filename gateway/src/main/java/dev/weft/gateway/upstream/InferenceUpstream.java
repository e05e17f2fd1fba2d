package dev.weft.gateway.upstream;

import com.google.protobuf.MessageLite;
import dev.weft.gateway.catalog.ResolvedModel;
import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.usage.Tally;
import dev.weft.kit.error.Failure;
import dev.weft.kit.rpc.RequestId;
import dev.weft.kit.rpc.RetryBudget;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferResponse;
import io.grpc.Context;
import io.grpc.MethodDescriptor;
import io.vertx.core.impl.ContextInternal;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/** Calls inference-service: the version that a model's name stands for, whichever of the replicas is the right one. Thread-safe. */
@Singleton
public class InferenceUpstream {

    private static final String INFER = ReplicaConnections.path(GRPCInferenceServiceGrpc.getModelInferMethod());

    private final ReplicaConnections connections;
    private final CallPlacement placement;
    private final ShadowCalls shadows;
    private final RetryBudget retries = new RetryBudget();

    InferenceUpstream(ReplicaConnections connections, CallPlacement placement, ShadowCalls shadows) {
        this.connections = connections;
        this.placement = placement;
        this.shadows = shadows;
    }

    /**
     * A call from the event loop that asks; it is made when it is started.
     *
     * @throws Failure when the catalog has no such version, or does not serve the model, or he for whom it is made may not ask it
     */
    public UpstreamCall open(ModelCall model, UpstreamCall.Request request, UpstreamCall.Receiver receiver) {
        Placed placed = placed(model, request.behalf());
        return connections.open(connections.context(), request, placed, shadowed(placed, request, receiver));
    }

    private UpstreamCall.Receiver shadowed(
            Placed placed, UpstreamCall.Request request, UpstreamCall.Receiver receiver) {
        ResolvedModel model = placed.model();
        return model.serving().shadow() == null || !request.path().equals(INFER)
                ? receiver
                : shadows.mirror(model.serving().shadow(), placed.named(), request, receiver);
    }

    private Placed placed(ModelCall call, OnBehalf behalf) {
        retries.deposit();
        return placement.place(call, behalf, retries);
    }

    ContextInternal context() {
        return connections.context();
    }

    long maxMessage() {
        return connections.maxMessage();
    }

    /**
     * Makes a blocking call on behalf of a REST request: bounded by its deadline, cancelled when its client goes away; which model answered is
     * noted for the answer.
     *
     * @param version a number or an alias; empty for none
     * @throws Failure when there is no answer
     */
    public <Q extends MessageLite, R> R call(
            String model, String version, RestCall call, MethodDescriptor<Q, R> method, Q request) {
        return call(new ModelCall(model, version, call.stickyKey(), true), call, null, method, request);
    }

    /**
     * Makes a blocking call that is about no model.
     *
     * @throws Failure when there is no answer
     */
    public <Q extends MessageLite, R> R call(RestCall call, MethodDescriptor<Q, R> method, Q request) {
        return call(ModelCall.NONE, call, null, method, request);
    }

    private <Q extends MessageLite, R> R call(
            ModelCall model, RestCall call, @Nullable Tally tally, MethodDescriptor<Q, R> method, Q request) {
        OnBehalf behalf = OnBehalf.of(call.caller(), tally);
        Placed placed = placed(model, behalf);
        UpstreamCall.Request said =
                new UpstreamCall.Request(ReplicaConnections.path(method), call.id(), null, call.deadline(), behalf);
        try {
            return connections.call(
                    said, placed, receiver -> shadowed(placed, said, receiver), call.work(), method, request);
        } finally {
            call.route().note(placed.route().backend(), placed.route().tried());
        }
    }

    /**
     * Makes a blocking call that is about no model, on nobody's behalf.
     *
     * @param work cancels the call when it is cancelled; null when nothing but the deadline does
     * @throws Failure when there is no answer
     */
    <Q extends MessageLite, R> R call(
            RequestId id,
            Deadline deadline,
            Context.@Nullable CancellableContext work,
            MethodDescriptor<Q, R> method,
            Q request) {
        UpstreamCall.Request said = new UpstreamCall.Request(ReplicaConnections.path(method), id, null, deadline);
        return connections.call(
                said, placed(ModelCall.NONE, OnBehalf.NOBODY), receiver -> receiver, work, method, request);
    }

    /**
     * Runs a model on behalf of a REST request: with its priority, and with what the model tells of its time noted for the answer.
     *
     * @throws Failure when there is no answer
     */
    public ModelInferResponse infer(RestCall call, ModelInferRequest request) {
        ModelInferRequest said = CallParameters.withPriority(request, call);
        ModelInferResponse response = call(
                new ModelCall(
                        said.getModelName(), said.getModelVersion(), call.stickyKey(), CallParameters.isPatient(said)),
                call,
                call.tally(),
                GRPCInferenceServiceGrpc.getModelInferMethod(),
                said);
        CallParameters.noteTimes(response, call);
        return response;
    }
}
