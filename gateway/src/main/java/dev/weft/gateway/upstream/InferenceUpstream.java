package dev.weft.gateway.upstream;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import dev.weft.gateway.http.RestCall;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.rpc.RequestId;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferResponse;
import io.grpc.Context;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.netty.channel.EventLoop;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The connections to inference-service, one to each replica for each event loop that requests arrive on: a request that is passed on from
 * an event loop is written and answered by the same one, with no thread to wake in between. Thread-safe.
 */
@Singleton
public class InferenceUpstream {

    private static final int CONNECT_MILLIS = 2_000;

    /** Calls that wait for one connection to stand. */
    private static final int MAX_WAITING = 10_000;

    private static final int KEEP_ALIVE_SECONDS = 600;
    private static final int WINDOW_BYTES = 1 << 20;

    private final String target;
    private final long maxMessage;
    private final VertxInternal vertx;
    private final ReplicaAddresses addresses;
    private final Map<EventLoop, HttpClient> clients = new ConcurrentHashMap<>();

    InferenceUpstream(UpstreamConfig config, Vertx vertx) {
        this.target = config.target();
        this.maxMessage = config.maxMessage().asLongValue();
        this.vertx = (VertxInternal) vertx;
        this.addresses = new ReplicaAddresses(target, vertx);
    }

    /** A call from the event loop that asks; it is made when it is started. */
    public UpstreamCall open(UpstreamCall.Request request, UpstreamCall.Receiver receiver) {
        return new UpstreamCall(this, vertx, client(context()), request, receiver);
    }

    private HttpClient client(ContextInternal context) {
        return clients.computeIfAbsent(context.nettyEventLoop(), _ -> connect());
    }

    private HttpClient connect() {
        return vertx.createHttpClient(new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false)
                .setHttp2MaxPoolSize(1)
                .setConnectTimeout(CONNECT_MILLIS)
                .setMaxWaitQueueSize(MAX_WAITING)
                .setHttp2KeepAliveTimeout(KEEP_ALIVE_SECONDS)
                .setHttp2ConnectionWindowSize(WINDOW_BYTES)
                .setInitialSettings(new Http2Settings().setPushEnabled(false).setInitialWindowSize(WINDOW_BYTES)));
    }

    /** The caller's event loop, or any for a caller that has none. */
    ContextInternal context() {
        return Vertx.currentContext() instanceof ContextInternal context && context.isEventLoopContext()
                ? context
                : vertx.createEventLoopContext();
    }

    ReplicaAddresses addresses() {
        return addresses;
    }

    long maxMessage() {
        return maxMessage;
    }

    Unavailable unavailable() {
        return new Unavailable("inference-service at " + target + " does not answer");
    }

    /**
     * Makes a blocking call on behalf of a REST request: bounded by its deadline, cancelled when its client goes away.
     *
     * @throws Failure when there is no answer
     */
    public <Q extends MessageLite, R> R call(RestCall call, MethodDescriptor<Q, R> method, Q request) {
        return call(call.id(), call.deadline(), call.work(), method, request);
    }

    /**
     * Makes a blocking call.
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
        ContextInternal context = context();
        UnaryAnswer answer = new UnaryAnswer(maxMessage);
        UpstreamCall call = new UpstreamCall(
                this, vertx, client(context), new UpstreamCall.Request(path(method), id, null, deadline), answer);
        Buffer message = message(request);
        context.runOnContext(_ -> call.send(message));
        Context.CancellationListener leave = _ -> context.runOnContext(_ -> {
            call.cancel();
            answer.failed(new Cancelled("the client went away"));
        });
        if (work != null) {
            work.addListener(leave, Runnable::run);
        }
        try {
            return parse(method, answer.await(deadline));
        } finally {
            if (work != null) {
                work.removeListener(leave);
            }
        }
    }

    /**
     * Runs a model on behalf of a REST request: with its priority, and with what the model tells of its time noted for the answer.
     *
     * @throws Failure when there is no answer
     */
    public ModelInferResponse infer(RestCall call, ModelInferRequest request) {
        ModelInferResponse response =
                call(call, GRPCInferenceServiceGrpc.getModelInferMethod(), CallParameters.withPriority(request, call));
        CallParameters.noteTimes(response, call);
        return response;
    }

    static String path(MethodDescriptor<?, ?> method) {
        return "/" + method.getFullMethodName();
    }

    /** A message as it stands in a call's body. */
    static Buffer message(MessageLite message) {
        int size = message.getSerializedSize();
        byte[] bytes = new byte[MessageReader.PREFIX_BYTES + size];
        bytes[1] = (byte) (size >>> 24);
        bytes[2] = (byte) (size >>> 16);
        bytes[3] = (byte) (size >>> 8);
        bytes[4] = (byte) size;
        try {
            message.writeTo(CodedOutputStream.newInstance(bytes, MessageReader.PREFIX_BYTES, size));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Buffer.buffer(bytes);
    }

    @SuppressWarnings("unchecked") // a message's parser makes messages of its type
    private static <R> R parse(MethodDescriptor<?, R> method, byte[] message) {
        PrototypeMarshaller<R> marshaller = (PrototypeMarshaller<R>) method.getResponseMarshaller();
        MessageLite prototype = (MessageLite) Objects.requireNonNull(marshaller.getMessagePrototype());
        try {
            return (R) prototype.getParserForType().parseFrom(message);
        } catch (InvalidProtocolBufferException e) {
            throw new Internal("inference-service answered what is no message of " + method.getFullMethodName(), e);
        }
    }
}
