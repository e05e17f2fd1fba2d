package dev.weft.training.runtime.textclassifier.upstream;

import com.google.protobuf.ByteString;
import dev.weft.kit.config.Secret;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.time.Deadline;
import dev.weft.kit.tls.HandshakeFailures;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.InferParameter;
import dev.weft.protocol.inference.InferTensorContents;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferResponse;
import dev.weft.training.runtime.textclassifier.Embedder;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Embedding by a V2 text model of inference-service, or of the gateway, with priority {@code batch}: whoever waits for an answer goes first. */
public final class GrpcEmbedder implements Embedder {

    private static final String TEXT = "TEXT";
    private static final String EMBEDDING = "EMBEDDING";

    /** How long one request may take: dozens of long texts on a busy CPU. */
    private static final Duration CALL = Duration.ofSeconds(60);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
    private static final int ATTEMPTS = 8;
    private static final int MAX_MESSAGE_BYTES = 64 << 20;

    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    private final ManagedChannel channel;
    private final String model;

    /**
     * Connects when the first texts come.
     *
     * @param target host and port, or another target of gRPC, that speaks plain text
     * @param model whose task is sentence embedding
     */
    public GrpcEmbedder(String target, String model) {
        this(target, InsecureChannelCredentials.create(), model, Optional.empty());
    }

    /**
     * Connects when the first texts come.
     *
     * @param target host and port, or another target of gRPC
     * @param credentials by which the two know each other's connection
     * @param model whose task is sentence embedding
     * @param key that a gateway asks for
     */
    public GrpcEmbedder(String target, ChannelCredentials credentials, String model, Optional<Secret> key) {
        this.model = model;
        Metadata headers = new Metadata();
        key.ifPresent(secret -> headers.put(AUTHORIZATION, "Bearer " + secret.value()));
        channel = Grpc.newChannelBuilder(target, credentials)
                .intercept(MetadataUtils.newAttachHeadersInterceptor(headers), new HandshakeFailures())
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .build();
    }

    @Override
    public List<float[]> embed(List<String> texts, Deadline deadline) {
        Optional<Failure> told = Optional.empty();
        for (int attempt = 1; ; attempt++) {
            try {
                return call(texts, deadline.earlier(Deadline.after(CALL)));
            } catch (Unavailable | ResourceExhausted | DeadlineExceeded e) {
                // That the time is over tells less than why it was not enough.
                Failure reason = e instanceof DeadlineExceeded ? told.orElse(e) : e;
                if (attempt == ATTEMPTS || deadline.isExpired()) {
                    throw reason;
                }
                pause(attempt, e, deadline);
                if (deadline.isExpired()) {
                    throw reason;
                }
                told = Optional.of(reason);
            }
        }
    }

    /** Half of the doubling pause for certain, the rest by chance, so that those that failed together do not come back together. */
    private static void pause(int attempt, Failure failure, Deadline deadline) {
        long bound = Math.min(LONGEST_PAUSE.toNanos(), FIRST_PAUSE.toNanos() << attempt);
        long pause = bound / 2 + ThreadLocalRandom.current().nextLong(bound / 2);
        if (failure instanceof ResourceExhausted exhausted) {
            pause = Math.max(
                    pause,
                    Math.min(LONGEST_PAUSE.toNanos(), exhausted.retryAfter().toNanos()));
        }
        long end = System.nanoTime() + Math.min(pause, deadline.remaining().toNanos());
        for (long left = pause; left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
            if (Thread.currentThread().isInterrupted()) {
                throw new Failure.Cancelled("embedding: interrupted");
            }
        }
    }

    private List<float[]> call(List<String> texts, Deadline deadline) {
        InferTensorContents.Builder contents = InferTensorContents.newBuilder();
        texts.forEach(text -> contents.addBytesContents(ByteString.copyFromUtf8(text)));
        ModelInferRequest request = ModelInferRequest.newBuilder()
                .setModelName(model)
                .putParameters(
                        "priority",
                        InferParameter.newBuilder().setStringParam("batch").build())
                .putParameters(
                        "truncate",
                        InferParameter.newBuilder().setBoolParam(true).build())
                .addInputs(ModelInferRequest.InferInputTensor.newBuilder()
                        .setName(TEXT)
                        .setDatatype("BYTES")
                        .addShape(texts.size())
                        .setContents(contents))
                .addOutputs(ModelInferRequest.InferRequestedOutputTensor.newBuilder()
                        .setName(EMBEDDING))
                .build();
        try {
            return rows(
                    GRPCInferenceServiceGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)
                            .modelInfer(request),
                    texts.size());
        } catch (StatusRuntimeException e) {
            throw GrpcFailures.toFailure(e);
        }
    }

    private List<float[]> rows(ModelInferResponse response, int rows) {
        for (int i = 0; i < response.getOutputsCount(); i++) {
            ModelInferResponse.InferOutputTensor output = response.getOutputs(i);
            if (!output.getName().equals(EMBEDDING)) {
                continue;
            }
            FloatBuffer values = values(response, output, i);
            if (output.getDatatype().equals("FP32") && values.remaining() >= rows && values.remaining() % rows == 0) {
                int dim = values.remaining() / rows;
                List<float[]> vectors = new ArrayList<>(rows);
                for (int row = 0; row < rows; row++) {
                    float[] vector = new float[dim];
                    values.get(vector);
                    vectors.add(vector);
                }
                return vectors;
            }
            throw new FailedPrecondition("model " + model + ": output " + EMBEDDING + " of " + output.getDatatype()
                    + " " + output.getShapeList() + " (expected: FP32 [" + rows + ", dim])");
        }
        throw new FailedPrecondition(
                "model " + model + ": no output " + EMBEDDING + " (expected: a model for embeddings)");
    }

    private static FloatBuffer values(
            ModelInferResponse response, ModelInferResponse.InferOutputTensor output, int place) {
        if (response.getRawOutputContentsCount() > place) {
            return response.getRawOutputContents(place)
                    .asReadOnlyByteBuffer()
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer();
        }
        float[] values = new float[output.getContents().getFp32ContentsCount()];
        for (int i = 0; i < values.length; i++) {
            values[i] = output.getContents().getFp32Contents(i);
        }
        return FloatBuffer.wrap(values);
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
