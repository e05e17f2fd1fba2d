package dev.weft.gateway.v2;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.weft.gateway.telemetry.RequestMetrics;
import dev.weft.gateway.upstream.InferenceUpstream;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.rpc.DeadlineServerInterceptor;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelMetadataRequest;
import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Serves the protocol by passing every message on as the bytes that came; tensors are not decoded. Runs on event loops and never
 * blocks them. A client's deadline and cancellation reach inference-service.
 */
@GrpcService
public class GrpcForwarder implements BindableService {

    /** Which field of a request holds the model's name; other requests name none. */
    private static final Map<String, Integer> MODEL_FIELD = Map.of(
            "ModelInfer", ModelInferRequest.MODEL_NAME_FIELD_NUMBER,
            "ModelMetadata", ModelMetadataRequest.NAME_FIELD_NUMBER);

    private final InferenceUpstream upstream;
    private final RequestMetrics metrics;
    private final long defaultTimeoutNanos;

    GrpcForwarder(InferenceUpstream upstream, RequestMetrics metrics, dev.weft.gateway.http.HttpConfig config) {
        this.upstream = upstream;
        this.metrics = metrics;
        this.defaultTimeoutNanos = config.defaultTimeout().toNanos();
    }

    @Override
    public ServerServiceDefinition bindService() {
        ServiceDescriptor published = GRPCInferenceServiceGrpc.getServiceDescriptor();
        ServiceDescriptor.Builder service =
                ServiceDescriptor.newBuilder(published.getName()).setSchemaDescriptor(published.getSchemaDescriptor());
        var methods =
                published.getMethods().stream().map(GrpcForwarder::ofBytes).toList();
        methods.forEach(service::addMethod);
        ServerServiceDefinition.Builder definition = ServerServiceDefinition.builder(service.build());
        for (MethodDescriptor<byte[], byte[]> method : methods) {
            definition.addMethod(
                    method,
                    method.getType() == MethodDescriptor.MethodType.UNARY
                            ? ServerCalls.asyncUnaryCall((message, observer) -> forward(method, message, observer))
                            : new StreamForwarder(method, upstream, metrics));
        }
        return definition.build();
    }

    private static MethodDescriptor<byte[], byte[]> ofBytes(MethodDescriptor<?, ?> method) {
        return MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(method.getType())
                .setFullMethodName(method.getFullMethodName())
                .setSchemaDescriptor(method.getSchemaDescriptor())
                .setRequestMarshaller(BytesMarshaller.INSTANCE)
                .setResponseMarshaller(BytesMarshaller.INSTANCE)
                .build();
    }

    private void forward(MethodDescriptor<byte[], byte[]> method, byte[] message, StreamObserver<byte[]> observer) {
        ServerCallStreamObserver<byte[]> client = (ServerCallStreamObserver<byte[]>) observer;
        String operation = String.valueOf(method.getBareMethodName());
        RequestMetrics.Sample sample = metrics.start("grpc", operation);
        Deadline deadline = DeadlineServerInterceptor.CONTEXT.get();
        long timeout =
                deadline == null ? defaultTimeoutNanos : deadline.remaining().toNanos();
        ClientCall<byte[], byte[]> call = upstream.channel()
                .newCall(method, CallOptions.DEFAULT.withDeadlineAfter(timeout, TimeUnit.NANOSECONDS));
        client.setOnCancelHandler(() -> call.cancel("the client went away", null));
        String model = modelName(message, MODEL_FIELD.getOrDefault(operation, 0));
        // The id travels in the context; the channel's interceptor reads it when the call starts, which is here.
        Context context = Context.current();
        ClientCalls.asyncUnaryCall(call, message, new StreamObserver<>() {
            @Override
            public void onNext(byte[] answer) {
                if (!client.isCancelled()) {
                    client.onNext(answer);
                }
            }

            @Override
            public void onError(Throwable thrown) {
                Failure failure = upstream.translate(thrown);
                sample.stop(model, failure);
                if (!client.isCancelled()) {
                    client.onError(status(failure));
                }
            }

            @Override
            public void onCompleted() {
                sample.stop(model, null);
                if (!client.isCancelled()) {
                    context.run(client::onCompleted);
                }
            }
        });
    }

    private static StatusRuntimeException status(Failure failure) {
        return GrpcFailures.toStatus(failure);
    }

    /** The string in that field of a protobuf message, without decoding the rest; empty when there is none. */
    static String modelName(byte[] message, int field) {
        if (field == 0) {
            return "";
        }
        CodedInputStream in = CodedInputStream.newInstance(message);
        try {
            for (int tag; (tag = in.readTag()) != 0; ) {
                if (tag == WireFormat.WIRETYPE_LENGTH_DELIMITED + (field << 3)) {
                    return in.readStringRequireUtf8();
                }
                in.skipField(tag);
            }
        } catch (IOException _) {
            return ""; // inference-service decodes the message and says what is wrong with it
        }
        return "";
    }

    private enum BytesMarshaller implements MethodDescriptor.Marshaller<byte[]> {
        INSTANCE;

        @Override
        public InputStream stream(byte[] message) {
            return new MessageStream(message);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** A message as Quarkus' Vert.x transport insists on it: one that writes itself. */
    private static final class MessageStream extends ByteArrayInputStream implements Drainable, KnownLength {
        private MessageStream(byte[] message) {
            super(message);
        }

        @Override
        public int drainTo(OutputStream target) throws IOException {
            return (int) transferTo(target);
        }
    }
}
