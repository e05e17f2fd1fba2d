package dev.weft.gateway.upstream;

import dev.weft.gateway.http.RestCall;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.rpc.RequestId;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** The channel to inference-service. Thread-safe; owns its connections. */
@Singleton
public class InferenceUpstream {

    private final String target;
    private final ManagedChannel channel;

    InferenceUpstream(UpstreamConfig config) {
        this.target = config.target();
        this.channel = NettyChannelBuilder.forTarget(target)
                .usePlaintext()
                .directExecutor()
                .defaultLoadBalancingPolicy("round_robin")
                .maxInboundMessageSize(Math.toIntExact(config.maxMessage().asLongValue()))
                .keepAliveTime(30, TimeUnit.SECONDS)
                .keepAliveTimeout(10, TimeUnit.SECONDS)
                .intercept(new RequestIdClientInterceptor())
                .build();
    }

    /** The channel; its callbacks run on its event loop and must not block. */
    public Channel channel() {
        return channel;
    }

    /**
     * Makes a blocking call on behalf of a REST request: bounded by its deadline, cancelled when its client goes away.
     *
     * @throws Failure when there is no answer
     */
    public <T> T call(RestCall call, Function<GRPCInferenceServiceBlockingStub, T> request) {
        try {
            return call.work()
                    .call(() -> request.apply(GRPCInferenceServiceGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(call.deadline().remaining().toNanos(), TimeUnit.NANOSECONDS)));
        } catch (Exception e) {
            throw translate(e);
        }
    }

    /**
     * Runs a model on behalf of a REST request: with its priority, and with what the model tells of its time noted for the answer.
     *
     * @throws Failure when there is no answer
     */
    public ModelInferResponse infer(RestCall call, ModelInferRequest request) {
        ModelInferRequest message = CallParameters.withPriority(request, call);
        ModelInferResponse response = call(call, stub -> stub.modelInfer(message));
        CallParameters.noteTimes(response, call);
        return response;
    }

    /** What an upstream's failure means to our client. */
    public Failure translate(Throwable thrown) {
        if (thrown instanceof StatusRuntimeException e) {
            switch (e.getStatus().getCode()) {
                case UNAVAILABLE -> {
                    // A connection that is lost is otherwise tried again only after a growing pause.
                    channel.resetConnectBackoff();
                    if (e.getTrailers() == null || !e.getTrailers().containsKey(RequestId.METADATA)) {
                        return new Unavailable("inference-service at " + target + " does not answer");
                    }
                }
                case DEADLINE_EXCEEDED -> {
                    return new Failure.DeadlineExceeded("deadline passed before there was an answer");
                }
                default -> {}
            }
        }
        return GrpcFailures.toFailure(thrown);
    }

    @PreDestroy
    void close() throws InterruptedException {
        channel.shutdown();
        if (!channel.awaitTermination(5, TimeUnit.SECONDS)) {
            channel.shutdownNow();
        }
    }

    /** Passes the request id of the current context on. */
    private static final class RequestIdClientInterceptor implements ClientInterceptor {
        @Override
        public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
            RequestId id = RequestId.CONTEXT.get();
            return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
                @Override
                public void start(Listener<R> listener, Metadata headers) {
                    if (id != null) {
                        headers.put(RequestId.METADATA, id.value());
                    }
                    super.start(listener, headers);
                }
            };
        }
    }
}
