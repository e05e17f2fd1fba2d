package dev.weft.gateway.upstream;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.openai.EmbeddingModels;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.protocol.inference.InferParameter;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferRequest.InferInputTensor;
import dev.weft.protocol.inference.ModelInferRequest.InferRequestedOutputTensor;
import dev.weft.protocol.inference.ModelInferResponse;
import dev.weft.protocol.inference.RepositoryIndexRequest;
import dev.weft.protocol.inference.RepositoryIndexResponse.ModelIndex;
import jakarta.inject.Singleton;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Embedding by V2's text models of inference-service. */
@Singleton
final class GrpcEmbeddingModels implements EmbeddingModels {

    private static final String TEXT = "TEXT";
    private static final String TOKEN_IDS = "TOKEN_IDS";
    private static final String EMBEDDING = "EMBEDDING";
    private static final String TOKEN_COUNT = "TOKEN_COUNT";

    private final InferenceUpstream upstream;

    GrpcEmbeddingModels(InferenceUpstream upstream) {
        this.upstream = upstream;
    }

    @Override
    public Embeddings embed(String model, EmbeddingInput input, boolean truncate, RestCall call) {
        ModelInferRequest.Builder request = ModelInferRequest.newBuilder()
                .setModelName(model)
                .addOutputs(InferRequestedOutputTensor.newBuilder().setName(EMBEDDING))
                .addOutputs(InferRequestedOutputTensor.newBuilder().setName(TOKEN_COUNT));
        if (truncate) {
            request.putParameters(
                    "truncate", InferParameter.newBuilder().setBoolParam(true).build());
        }
        switch (input) {
            case EmbeddingInput.Texts(List<String> texts) ->
                request.addInputs(tensor(TEXT, "BYTES", texts.size())).addRawInputContents(texts(texts));
            case EmbeddingInput.Tokens(List<List<Integer>> rows) -> {
                int width = rows.stream().mapToInt(List::size).max().orElse(0);
                request.addInputs(tensor(TOKEN_IDS, "INT32", rows.size(), width))
                        .addRawInputContents(tokens(rows, width));
            }
        }
        ModelInferRequest message = request.build();
        try {
            return embeddings(upstream.call(call, stub -> stub.modelInfer(message)));
        } catch (InvalidArgument e) {
            // What inference-service calls its tensor is the client's "input".
            throw new InvalidArgument(e.getMessage()
                    .replace("input '" + TEXT + "'", "input")
                    .replace("input '" + TOKEN_IDS + "'", "input"));
        }
    }

    private static InferInputTensor tensor(String name, String datatype, long... shape) {
        InferInputTensor.Builder tensor =
                InferInputTensor.newBuilder().setName(name).setDatatype(datatype);
        for (long dim : shape) {
            tensor.addShape(dim);
        }
        return tensor.build();
    }

    private static ByteString texts(List<String> texts) {
        List<byte[]> elements = texts.stream()
                .map(text -> text.getBytes(StandardCharsets.UTF_8))
                .toList();
        int size = elements.stream()
                .mapToInt(element -> Integer.BYTES + element.length)
                .sum();
        ByteBuffer data = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        elements.forEach(element -> data.putInt(element.length).put(element));
        return UnsafeByteOperations.unsafeWrap(data.flip());
    }

    /** Rows that are shorter than the longest end with a negative id. */
    private static ByteString tokens(List<List<Integer>> rows, int width) {
        long size = (long) rows.size() * width * Integer.BYTES;
        if (size > Integer.MAX_VALUE) {
            throw new InvalidArgument("input: " + rows.size() + " rows of up to " + width + " tokens (expected: less)");
        }
        ByteBuffer data = ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
        for (List<Integer> row : rows) {
            for (int i = 0; i < width; i++) {
                data.putInt(i < row.size() ? row.get(i) : -1);
            }
        }
        return UnsafeByteOperations.unsafeWrap(data.flip());
    }

    private static Embeddings embeddings(ModelInferResponse response) {
        if (response.getRawOutputContentsCount() != 2 || response.getOutputs(0).getShapeCount() != 2) {
            throw new Internal(
                    "inference-service answered " + response.getOutputsCount() + " outputs of another form", null);
        }
        int dim = Math.toIntExact(response.getOutputs(0).getShape(1));
        ByteString raw = response.getRawOutputContents(0);
        float[] values = new float[raw.size() / Float.BYTES];
        raw.asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(values);
        ByteBuffer counts =
                response.getRawOutputContents(1).asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        long tokens = 0;
        while (counts.hasRemaining()) {
            tokens += counts.getLong();
        }
        return new Embeddings(values, dim, tokens);
    }

    @Override
    public List<String> ready(RestCall call) {
        return upstream
                .call(
                        call,
                        stub -> stub.repositoryIndex(RepositoryIndexRequest.newBuilder()
                                .setReady(true)
                                .build()))
                .getModelsList()
                .stream()
                .map(ModelIndex::getName)
                .distinct()
                .toList();
    }
}
