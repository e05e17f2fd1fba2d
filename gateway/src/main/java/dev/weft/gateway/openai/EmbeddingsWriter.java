package dev.weft.gateway.openai;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.weft.gateway.openai.EmbeddingModels.Embeddings;
import dev.weft.gateway.openai.EmbeddingRequest.Encoding;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Writes vectors as OpenAI's clients read them. */
final class EmbeddingsWriter {

    private static final JsonFactory JSON = JsonFactory.builder().build();

    private EmbeddingsWriter() {}

    /**
     * Keeps the first dimensions of each vector and brings it back to length 1, as OpenAI's own models do.
     *
     * @throws InvalidArgument when the model has fewer
     */
    static Embeddings shorten(Embeddings embeddings, @Nullable Integer dimensions) {
        if (dimensions == null || dimensions == embeddings.dim()) {
            return embeddings;
        }
        if (dimensions < 1 || dimensions > embeddings.dim()) {
            throw new InvalidArgument(
                    "dimensions: " + dimensions + " (expected: 1 to the model's " + embeddings.dim() + ")");
        }
        float[] values = new float[embeddings.rows() * dimensions];
        for (int row = 0; row < embeddings.rows(); row++) {
            double sum = 0;
            for (int d = 0; d < dimensions; d++) {
                float value = embeddings.values()[row * embeddings.dim() + d];
                sum += (double) value * value;
            }
            float factor = (float) (1 / Math.max(Math.sqrt(sum), 1e-12));
            for (int d = 0; d < dimensions; d++) {
                values[row * dimensions + d] = embeddings.values()[row * embeddings.dim() + d] * factor;
            }
        }
        return new Embeddings(values, dimensions, embeddings.tokens());
    }

    /** The response's body. */
    static byte[] write(String model, Embeddings embeddings, Encoding encoding) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(embeddings.values().length * 6 + 256);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("object", "list");
            json.writeArrayFieldStart("data");
            for (int row = 0; row < embeddings.rows(); row++) {
                json.writeStartObject();
                json.writeStringField("object", "embedding");
                json.writeNumberField("index", row);
                json.writeFieldName("embedding");
                vector(json, embeddings, row, encoding);
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeStringField("model", model);
            json.writeObjectFieldStart("usage");
            json.writeNumberField("prompt_tokens", embeddings.tokens());
            json.writeNumberField("total_tokens", embeddings.tokens());
            json.writeEndObject();
            json.writeEndObject();
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
        return out.toByteArray();
    }

    private static void vector(JsonGenerator json, Embeddings embeddings, int row, Encoding encoding)
            throws IOException {
        int start = row * embeddings.dim();
        for (int d = 0; d < embeddings.dim(); d++) {
            if (!Float.isFinite(embeddings.values()[start + d])) {
                throw new Internal("the model's vector " + row + " has no number at " + d, null);
            }
        }
        switch (encoding) {
            case FLOAT -> {
                json.writeStartArray();
                for (int d = 0; d < embeddings.dim(); d++) {
                    json.writeNumber(embeddings.values()[start + d]);
                }
                json.writeEndArray();
            }
            case BASE64 -> {
                ByteBuffer bytes =
                        ByteBuffer.allocate(embeddings.dim() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                bytes.asFloatBuffer().put(embeddings.values(), start, embeddings.dim());
                json.writeString(Base64.getEncoder().encodeToString(bytes.array()));
            }
        }
    }
}
