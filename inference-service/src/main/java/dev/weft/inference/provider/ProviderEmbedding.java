package dev.weft.inference.provider;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.inference.backend.RequestBackend;
import dev.weft.inference.modelpackage.Task.Provided;
import dev.weft.inference.pipeline.TextPipeline;
import dev.weft.inference.tensor.DataType;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.TensorSpec;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Deadline;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * A provider's embedding model: {@code TEXT} BYTES [rows] in; {@code EMBEDDING} FP32 [rows, dim] and {@code TOKEN_COUNT} INT64 [rows] out. A
 * provider counts the tokens of a request, so that each text has the part that its length is. Thread-safe.
 *
 * @see <a href="https://platform.openai.com/docs/api-reference/embeddings/create">Create embeddings</a>
 */
final class ProviderEmbedding implements RequestBackend {

    private static final String TEXT = "TEXT";
    private static final String EMBEDDING = "EMBEDDING";
    private static final int MAX_ANSWER_BYTES = 64 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Provider provider;
    private final Provided model;
    private final ProviderClient client;
    private final LongConsumer counted;

    /** @param counted is told the tokens of each answer */
    ProviderEmbedding(Provider provider, Provided model, ProviderClient client, LongConsumer counted) {
        this.provider = provider;
        this.model = model;
        this.client = client;
        this.counted = counted;
    }

    @Override
    public List<TensorSpec> inputs() {
        return List.of(new TensorSpec(TEXT, DataType.BYTES, List.of(-1L)));
    }

    @Override
    public List<TensorSpec> outputs() {
        return List.of(
                new TensorSpec(EMBEDDING, DataType.FP32, List.of(-1L, (long)
                        model.dimensions().orElse(-1))),
                new TensorSpec(TextPipeline.TOKEN_COUNT, DataType.INT64, List.of(-1L)));
    }

    @Override
    public List<Tensor> answer(List<Tensor> inputs, Map<String, Object> parameters, Deadline deadline) {
        List<String> texts = ProviderText.read(inputs, List.of(TEXT));
        List<float[]> vectors = new ArrayList<>(texts.size());
        long[] tokens = new long[texts.size()];
        for (int from = 0; from < texts.size(); from += provider.batchSize()) {
            List<String> batch = texts.subList(from, Math.min(texts.size(), from + provider.batchSize()));
            JsonNode answer = ask(batch, deadline);
            vectors.addAll(vectors(answer, batch.size()));
            share(answer, batch, tokens, from);
        }
        counted.accept(Arrays.stream(tokens).sum());
        return List.of(matrix(vectors), ProviderText.counts(TextPipeline.TOKEN_COUNT, tokens));
    }

    private JsonNode ask(List<String> texts, Deadline deadline) {
        ObjectNode body = JSON.createObjectNode().put("model", model.model());
        ArrayNode input = body.putArray("input");
        texts.forEach(input::add);
        model.dimensions().ifPresent(dimensions -> body.put("dimensions", dimensions));
        try (ProviderClient.Answer answer = client.post(provider, "embeddings", body, deadline)) {
            return ProviderFailures.json(answer.body().readAll(MAX_ANSWER_BYTES));
        }
    }

    /** The vectors in the texts' order, which is the index' and not always the answer's. */
    private List<float[]> vectors(JsonNode answer, int expected) {
        JsonNode data = answer.path("data");
        float[][] vectors = new float[expected][];
        for (int i = 0; i < data.size(); i++) {
            int index = data.get(i).path("index").asInt(i);
            JsonNode values = data.get(i).path("embedding");
            if (index < 0 || index >= expected || vectors[index] != null || !values.isArray() || values.isEmpty()) {
                throw malformed("data[" + i + "]", "one vector for each index below " + expected);
            }
            float[] vector = new float[values.size()];
            for (int d = 0; d < vector.length; d++) {
                if (!values.get(d).isNumber()) {
                    throw malformed("data[" + i + "].embedding[" + d + "]", "a number");
                }
                vector[d] = values.get(d).floatValue();
            }
            vectors[index] = vector;
        }
        if (data.size() != expected) {
            throw malformed(data.size() + " vectors", Integer.toString(expected));
        }
        return List.of(vectors);
    }

    private Tensor matrix(List<float[]> vectors) {
        int dim = model.dimensions().orElse(vectors.getFirst().length);
        ByteBuffer data = ByteBuffer.allocate(Math.multiplyExact(vectors.size(), dim * Float.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (float[] vector : vectors) {
            if (vector.length != dim) {
                throw malformed("a vector of " + vector.length + " numbers", Integer.toString(dim));
            }
            data.asFloatBuffer().put(vector);
            data.position(data.position() + dim * Float.BYTES);
        }
        return new Tensor.Numbers(EMBEDDING, DataType.FP32, Shape.of(vectors.size(), dim), data.flip());
    }

    private static void share(JsonNode answer, List<String> texts, long[] tokens, int from) {
        JsonNode usage = answer.path("usage");
        long told =
                usage.path("prompt_tokens").asLong(usage.path("total_tokens").asLong(0));
        long characters = texts.stream().mapToLong(String::length).sum();
        long given = 0;
        long read = 0;
        for (int i = 0; i < texts.size(); i++) {
            read += texts.get(i).length();
            // Of the sum so far, so that what rounding takes from one the next one gets.
            long due = told == 0 || characters == 0 ? 0 : Math.round((double) told * read / characters);
            tokens[from + i] = told == 0 ? ProviderText.tokens(texts.get(i).length()) : due - given;
            given = due;
        }
    }

    private Unavailable malformed(String came, String expected) {
        return Unavailable.afterRetries(
                "provider '" + provider.name() + "': embeddings: " + came + " (expected: " + expected + ")");
    }
}
