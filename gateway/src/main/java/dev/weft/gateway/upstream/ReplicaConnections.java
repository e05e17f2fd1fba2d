package dev.weft.gateway.upstream;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import dev.weft.gateway.routing.Placement.Visit;
import dev.weft.gateway.routing.Replica;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.identity.ServiceIdentity;
import dev.weft.kit.rpc.RequestId;
import dev.weft.kit.time.Deadline;
import dev.weft.kit.tls.TlsConfigurations;
import io.grpc.Context;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.netty.channel.EventLoop;
import io.quarkus.tls.CertificateUpdatedEvent;
import io.quarkus.tls.TlsConfiguration;
import io.quarkus.tls.runtime.config.TlsConfigUtils;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import io.vertx.core.net.SSLOptions;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The connections to replicas of inference-service, one to each for each event loop that requests arrive on: a request that is passed on
 * from an event loop is written and answered by the same one, with no thread to wake in between. Thread-safe.
 */
@Singleton
class ReplicaConnections {

    private static final Logger LOG = Logger.getLogger(ReplicaConnections.class);

    private static final int CONNECT_MILLIS = 2_000;

    /** Calls that wait for one connection to stand. */
    private static final int MAX_WAITING = 10_000;

    private static final int KEEP_ALIVE_SECONDS = 600;
    private static final int WINDOW_BYTES = 1 << 20;
    private static final long PING_TIMEOUT_MILLIS = 5_000;

    private final VertxInternal vertx;
    private final long maxMessage;
    private final Credentials credentials;
    private final Map<EventLoop, HttpClient> clients = new ConcurrentHashMap<>();

    @Inject
    ReplicaConnections(UpstreamConfig config, Vertx vertx, ServiceIdentity identity, TlsConfigurations tls) {
        this(config.maxMessage().asLongValue(), vertx, new Credentials(identity::authorization, tls.client()));
    }

    ReplicaConnections(long maxMessage, Vertx vertx, Credentials credentials) {
        this.maxMessage = maxMessage;
        this.vertx = (VertxInternal) vertx;
        this.credentials = credentials;
    }

    /** Has connections that are made from now on use the certificates that were renewed. */
    void updated(@Observes CertificateUpdatedEvent event) {
        TlsConfiguration tls = credentials.tls();
        if (tls != null && event.name().equals(tls.getName())) {
            SSLOptions renewed = tls.getSSLOptions().setUseAlpn(true);
            clients.values().forEach(client -> client.updateSSLOptions(renewed)
                    .onFailure(thrown ->
                            LOG.errorf(thrown, "certificates of quarkus.tls.%s cannot be used", event.name())));
        }
    }

    private HttpClient connect() {
        HttpClientOptions options = new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false)
                .setHttp2MaxPoolSize(1)
                .setConnectTimeout(CONNECT_MILLIS)
                .setMaxWaitQueueSize(MAX_WAITING)
                .setHttp2KeepAliveTimeout(KEEP_ALIVE_SECONDS)
                .setHttp2ConnectionWindowSize(WINDOW_BYTES)
                .setInitialSettings(new Http2Settings().setPushEnabled(false).setInitialWindowSize(WINDOW_BYTES));
        TlsConfiguration tls = credentials.tls();
        if (tls != null) {
            TlsConfigUtils.configure(options, tls);
            options.setSsl(true).setUseAlpn(true);
        }
        return vertx.createHttpClient(options);
    }

    /** The caller's event loop, or any for a caller that has none. */
    ContextInternal context() {
        return Vertx.currentContext() instanceof ContextInternal context && context.isEventLoopContext()
                ? context
                : vertx.createEventLoopContext();
    }

    long maxMessage() {
        return maxMessage;
    }

    /** A call from the event loop; it is made when it is started. */
    UpstreamCall open(
            ContextInternal context,
            UpstreamCall.Request request,
            Destinations destinations,
            UpstreamCall.Receiver receiver) {
        HttpClient client = clients.computeIfAbsent(context.nettyEventLoop(), _ -> connect());
        return new UpstreamCall(context, new ReplicaClient(client, credentials), request, destinations, receiver);
    }

    /**
     * Makes a blocking call.
     *
     * @param receiving puts something before what receives the answer
     * @param work cancels the call when it is cancelled; null when nothing but the deadline does
     * @throws Failure when there is no answer
     */
    <Q extends MessageLite, R> R call(
            UpstreamCall.Request said,
            Destinations destinations,
            UnaryOperator<UpstreamCall.Receiver> receiving,
            Context.@Nullable CancellableContext work,
            MethodDescriptor<Q, R> method,
            Q request) {
        ContextInternal context = context();
        UnaryAnswer answer = new UnaryAnswer(maxMessage, said.behalf().tally());
        UpstreamCall call = open(context, said, destinations, receiving.apply(answer));
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
            return parse(method, answer.await(Objects.requireNonNull(said.deadline(), "a blocking call's deadline")));
        } finally {
            if (work != null) {
                work.removeListener(leave);
            }
        }
    }

    /**
     * Makes a blocking call to one replica, once.
     *
     * @throws Failure when there is no answer
     */
    <Q extends MessageLite, R> R callOf(Replica replica, Deadline deadline, MethodDescriptor<Q, R> method, Q request) {
        UpstreamCall.Request said = new UpstreamCall.Request(path(method), RequestId.random(), null, deadline);
        return call(said, new Only(replica), receiver -> receiver, null, method, request);
    }

    /** No replica but one. */
    private record Only(Replica replica) implements Destinations {
        @Override
        public Future<Replica> next(List<Replica> tried) {
            return Future.succeededFuture(replica);
        }

        @Override
        public Visit visit(Replica to) {
            to.begin();
            return new Visit(to, null);
        }

        @Override
        public boolean again() {
            return false;
        }

        @Override
        public Future<Boolean> reconsider(Replica of) {
            return Future.succeededFuture(false);
        }
    }

    /**
     * Closes a connection whose other end is gone without having said so; otherwise the system would go on sending on it for a quarter
     * of an hour.
     */
    static void probe(Vertx vertx, HttpConnection connection) {
        long patience = vertx.setTimer(PING_TIMEOUT_MILLIS, _ -> connection.close());
        connection.ping(Buffer.buffer(new byte[8])).onComplete(_ -> vertx.cancelTimer(patience));
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
