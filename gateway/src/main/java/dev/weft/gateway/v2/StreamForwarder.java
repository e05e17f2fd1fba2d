package dev.weft.gateway.v2;

import dev.weft.gateway.telemetry.RequestMetrics;
import dev.weft.gateway.upstream.InferenceUpstream;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.rpc.DeadlineServerInterceptor;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.inference.ModelInferRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * Passes the messages of streams on as the bytes that came, both ways. A message is read from one side when the other is ready for it,
 * so that a slow reader slows its writer down and nothing piles up here. Runs on event loops and never blocks them.
 */
final class StreamForwarder implements ServerCallHandler<byte[], byte[]> {

    private final MethodDescriptor<byte[], byte[]> method;
    private final InferenceUpstream upstream;
    private final RequestMetrics metrics;

    StreamForwarder(MethodDescriptor<byte[], byte[]> method, InferenceUpstream upstream, RequestMetrics metrics) {
        this.method = method;
        this.upstream = upstream;
        this.metrics = metrics;
    }

    /**
     * {@inheritDoc}
     *
     * <p>A stream without a deadline has none here either: inference-service bounds each of its requests.
     */
    @Override
    public ServerCall.Listener<byte[]> startCall(ServerCall<byte[], byte[]> client, Metadata headers) {
        Deadline deadline = DeadlineServerInterceptor.CONTEXT.get();
        CallOptions options = deadline == null
                ? CallOptions.DEFAULT
                : CallOptions.DEFAULT.withDeadlineAfter(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
        ClientCall<byte[], byte[]> service = upstream.channel().newCall(method, options);
        Stream stream = new Stream(client, service);
        // The id travels in the context; the channel's interceptor reads it when the call starts, which is here.
        service.start(stream.responses, new Metadata());
        service.request(1);
        client.request(1);
        return stream.requests;
    }

    /** The two halves of one stream. Which side waits for which is guarded by {@code this}. */
    private final class Stream {

        private final ServerCall<byte[], byte[]> client;
        private final ClientCall<byte[], byte[]> service;
        private final Context context = Context.current();
        private final RequestMetrics.Sample sample = metrics.start("grpc", String.valueOf(method.getBareMethodName()));
        private String model = "";
        private boolean clientWaits;
        private boolean serviceWaits;
        private boolean headersSent;
        private boolean closed;

        private Stream(ServerCall<byte[], byte[]> client, ClientCall<byte[], byte[]> service) {
            this.client = client;
            this.service = service;
        }

        private final ServerCall.Listener<byte[]> requests = new ServerCall.Listener<>() {
            @Override
            public void onMessage(byte[] message) {
                synchronized (Stream.this) {
                    if (model.isEmpty()) {
                        model = GrpcForwarder.modelName(message, ModelInferRequest.MODEL_NAME_FIELD_NUMBER);
                    }
                    service.sendMessage(message);
                    clientWaits = !service.isReady();
                    if (!clientWaits) {
                        client.request(1);
                    }
                }
            }

            @Override
            public void onHalfClose() {
                service.halfClose();
            }

            @Override
            public void onCancel() {
                service.cancel("the client went away", null);
            }

            @Override
            public void onReady() {
                synchronized (Stream.this) {
                    if (serviceWaits) {
                        serviceWaits = false;
                        service.request(1);
                    }
                }
            }
        };

        private final ClientCall.Listener<byte[]> responses = new ClientCall.Listener<>() {
            @Override
            public void onMessage(byte[] message) {
                synchronized (Stream.this) {
                    if (closed || client.isCancelled()) {
                        return;
                    }
                    if (!headersSent) {
                        headersSent = true;
                        client.sendHeaders(new Metadata());
                    }
                    client.sendMessage(message);
                    serviceWaits = !client.isReady();
                    if (!serviceWaits) {
                        service.request(1);
                    }
                }
            }

            @Override
            public void onReady() {
                synchronized (Stream.this) {
                    if (clientWaits) {
                        clientWaits = false;
                        client.request(1);
                    }
                }
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
                context.run(() -> close(status, trailers));
            }
        };

        private synchronized void close(Status status, Metadata trailers) {
            if (closed) {
                return;
            }
            closed = true;
            if (status.isOk()) {
                sample.stop(model, null);
                if (!client.isCancelled()) {
                    if (!headersSent) {
                        client.sendHeaders(new Metadata());
                    }
                    client.close(Status.OK, new Metadata());
                }
                return;
            }
            Failure failure = upstream.translate(status.asRuntimeException(trailers));
            sample.stop(model, failure);
            if (!client.isCancelled()) {
                StatusRuntimeException told = GrpcFailures.toStatus(failure);
                client.close(told.getStatus(), Objects.requireNonNullElseGet(told.getTrailers(), Metadata::new));
            }
        }
    }
}
