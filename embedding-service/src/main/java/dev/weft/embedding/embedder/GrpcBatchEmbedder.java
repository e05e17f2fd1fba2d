package dev.weft.embedding.embedder;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.weft.kit.error.Failure;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.InferParameter;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferRequest.InferInputTensor;
import dev.weft.protocol.inference.ModelInferRequest.InferRequestedOutputTensor;
import dev.weft.protocol.inference.ModelInferResponse;
import dev.weft.protocol.inference.ServerReadyRequest;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import jakarta.inject.Singleton;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Embeds by the V2 text models of inference-service, behind whatever somebody waits for. */
@Singleton
public class GrpcBatchEmbedder implements BatchEmbedder {

    private static final String TEXT = "TEXT";
    private static final String TOKEN_IDS = "TOKEN_IDS";
    private static final String EMBEDDING = "EMBEDDING";
    private static final String TOKEN_COUNT = "TOKEN_COUNT";
    private static final int READY_LIMIT_SECONDS = 2;

    private final TextModels models;
    private final ManagedChannel channel;

    GrpcBatchEmbedder(TextModels models) {
        this.models = models;
        this.channel = models.channel();
    }

    @Override
    public Embeddings embed(String model, Input input, boolean truncate, Deadline deadline) {
        ModelInferRequest request = request(model, input, truncate);
        try {
            return read(models.infer(request, deadline), input.size());
        } catch (Failure e) {
            throw failure(e);
        }
    }

    /** A service that has just started knows no model for a moment, which says nothing about the model. */
    private Failure failure(Failure failure) {
        if (failure instanceof Failure.Unavailable) {
            // By itself the channel waits up to two minutes before it tries to connect again.
            channel.resetConnectBackoff();
        }
        if (failure instanceof Failure.NotFound && !isReady()) {
            return new Failure.Unavailable("inference-service is starting; try again");
        }
        if (failure instanceof Failure.InvalidArgument && failure.getMessage().startsWith("output '")) {
            return new Failure.FailedPrecondition(failure.getMessage() + ": the model embeds no texts");
        }
        return failure;
    }

    private boolean isReady() {
        try {
            return GRPCInferenceServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(READY_LIMIT_SECONDS, TimeUnit.SECONDS)
                    .serverReady(ServerReadyRequest.getDefaultInstance())
                    .getReady();
        } catch (StatusRuntimeException _) {
            return false;
        }
    }

    private static ModelInferRequest request(String model, Input input, boolean truncate) {
        ModelInferRequest.Builder request = ModelInferRequest.newBuilder()
                .setModelName(model)
                .putParameters(
                        "priority",
                        InferParameter.newBuilder().setStringParam("batch").build())
                .addOutputs(InferRequestedOutputTensor.newBuilder().setName(EMBEDDING))
                .addOutputs(InferRequestedOutputTensor.newBuilder().setName(TOKEN_COUNT));
        if (truncate) {
            request.putParameters(
                    "truncate", InferParameter.newBuilder().setBoolParam(true).build());
        }
        InferInputTensor.Builder tensor = InferInputTensor.newBuilder().addShape(input.size());
        ByteBuffer data =
                switch (input) {
                    case Input.Texts(List<String> texts) -> {
                        tensor.setName(TEXT).setDatatype("BYTES");
                        yield texts(texts);
                    }
                    case Input.Tokens(List<int[]> rows) -> {
                        int width =
                                rows.stream().mapToInt(row -> row.length).max().orElse(0);
                        tensor.setName(TOKEN_IDS).setDatatype("INT32").addShape(width);
                        yield tokens(rows, width);
                    }
                };
        return request.addInputs(tensor)
                .addRawInputContents(UnsafeByteOperations.unsafeWrap(data.flip()))
                .build();
    }

    private static ByteBuffer texts(List<String> texts) {
        List<byte[]> elements = texts.stream()
                .map(text -> text.getBytes(StandardCharsets.UTF_8))
                .toList();
        int size = elements.stream()
                .mapToInt(element -> Integer.BYTES + element.length)
                .sum();
        ByteBuffer data = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        elements.forEach(element -> data.putInt(element.length).put(element));
        return data;
    }

    /** A negative id ends a row that is shorter than others. */
    private static ByteBuffer tokens(List<int[]> rows, int width) {
        ByteBuffer data = ByteBuffer.allocate(Math.multiplyExact(rows.size() * Integer.BYTES, width))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (int[] row : rows) {
            for (int i = 0; i < width; i++) {
                data.putInt(i < row.length ? row[i] : -1);
            }
        }
        return data;
    }

    private static Embeddings read(TextModels.Answer answer, int rows) {
        ModelInferResponse response = answer.response();
        ByteString vectors = raw(response, EMBEDDING, "FP32");
        ByteString counts = raw(response, TOKEN_COUNT, "INT64");
        int dimension = rows == 0 ? 0 : vectors.size() / Float.BYTES / rows;
        if (dimension == 0 || vectors.size() != rows * dimension * Float.BYTES || counts.size() != rows * Long.BYTES) {
            throw new Failure.Internal(
                    "inference-service answered " + vectors.size() + " bytes of vectors and " + counts.size()
                            + " bytes of token counts (expected: those of " + rows + " rows)",
                    null);
        }
        float[] values = new float[rows * dimension];
        vectors.asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(values);
        long[] tokens = new long[rows];
        counts.asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asLongBuffer()
                .get(tokens);
        return new Embeddings(values, dimension, tokens, answer.effort().computeMicros());
    }

    private static ByteString raw(ModelInferResponse response, String name, String datatype) {
        for (int i = 0; i < response.getOutputsCount(); i++) {
            if (response.getOutputs(i).getName().equals(name)
                    && response.getOutputs(i).getDatatype().equals(datatype)
                    && i < response.getRawOutputContentsCount()) {
                return response.getRawOutputContents(i);
            }
        }
        throw new Failure.FailedPrecondition("model '" + response.getModelName() + "' has no output " + name
                + " (expected: a model that embeds texts)");
    }
}
