package dev.weft.gateway.upstream;

import dev.weft.gateway.http.RestCall;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.rpc.RequestId;
import dev.weft.kit.time.Deadline;
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
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * The channels to inference-service, one for each event loop that requests arrive on: a request that is passed on from an event loop is
 * written and answered by the same one, with no thread to wake in between. Thread-safe; owns its connections.
 */
@Singleton
public class InferenceUpstream {

    private final String target;
    private final int maxMessage;
    private final Map<EventLoop, ManagedChannel> channels = new ConcurrentHashMap<>();
    private final EventLoopGroup loops;

    InferenceUpstream(UpstreamConfig config, Vertx vertx) {
        this.target = config.target();
        this.maxMessage = Math.toIntExact(config.maxMessage().asLongValue());
        this.loops = ((VertxInternal) vertx).getEventLoopGroup();
    }

    private ManagedChannel open(EventLoop loop) {
        return NettyChannelBuilder.forTarget(target)
                .eventLoopGroup(loop)
                .channelType(NioSocketChannel.class)
                .usePlaintext()
                .directExecutor()
                .defaultLoadBalancingPolicy("round_robin")
                .maxInboundMessageSize(maxMessage)
                .keepAliveTime(30, TimeUnit.SECONDS)
                .keepAliveTimeout(10, TimeUnit.SECONDS)
                .intercept(new RequestIdClientInterceptor())
                .build();
    }

    /** The channel of the event loop that calls, or of any; its callbacks run on that event loop and must not block. */
    public Channel channel() {
        return channels.computeIfAbsent(loop(), this::open);
    }

    private EventLoop loop() {
        return Vertx.currentContext() instanceof ContextInternal context && context.isEventLoopContext()
                ? context.nettyEventLoop()
                : loops.next();
    }

    /**
     * Makes a blocking call on behalf of a REST request: bounded by its deadline, cancelled when its client goes away.
     *
     * @throws Failure when there is no answer
     */
    public <T> T call(RestCall call, Function<GRPCInferenceServiceBlockingStub, T> request) {
        try {
            return call.work()
                    .call(() -> request.apply(GRPCInferenceServiceGrpc.newBlockingStub(channel())
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
                    channels.values().forEach(ManagedChannel::resetConnectBackoff);
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
        channels.values().forEach(ManagedChannel::shutdown);
        Deadline patience = Deadline.after(Duration.ofSeconds(5));
        for (ManagedChannel channel : channels.values()) {
            if (!channel.awaitTermination(patience.remaining().toMillis(), TimeUnit.MILLISECONDS)) {
                channel.shutdownNow();
            }
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
