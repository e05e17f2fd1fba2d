package dev.weft.embedding.batch;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.weft.embedding.collection.NewPoint;
import dev.weft.embedding.file.Blob;
import dev.weft.embedding.file.BlobOutput;
import dev.weft.embedding.file.Blobs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes the results of rows, a line of JSON each, answers into one blob and failures into another. Not thread-safe; closed without being
 * finished it removes what it has written.
 *
 * @see <a href="https://platform.openai.com/docs/api-reference/batch/request-output">The request output object</a>
 */
final class ResultWriter implements AutoCloseable {

    private static final JsonFactory JSON = JsonFactory.builder().build();

    private final Blobs blobs;
    private final String batch;
    private final Part output = new Part();
    private final Part errors = new Part();
    private int completed;
    private int failed;
    private long tokens;
    private boolean finished;

    ResultWriter(Blobs blobs, String batch) {
        this.blobs = blobs;
        this.batch = batch;
    }

    void write(Row row) throws IOException {
        RowFailure failure = row.failure();
        if (failure == null) {
            completed++;
            tokens += row.tokens();
            answer(output.line(), row);
        } else {
            failed++;
            failure(errors.line(), row, failure);
        }
    }

    /** Completes the blobs. The writer may still have to be forgotten with them: they are the caller's when {@link #release} is called. */
    ChunkResults finish() throws IOException {
        return new ChunkResults(output.finish(), errors.finish(), completed, failed, tokens);
    }

    /** The blobs are, or may be, somebody's from now on. */
    void release() {
        finished = true;
    }

    @Override
    public void close() {
        output.close();
        errors.close();
        if (!finished) {
            output.discard();
            errors.discard();
        }
    }

    private void answer(JsonGenerator json, Row row) throws IOException {
        begin(json, row);
        json.writeObjectFieldStart("response");
        json.writeNumberField("status_code", 200);
        json.writeStringField("request_id", requestId(row));
        json.writeFieldName("body");
        switch (Objects.requireNonNull(row.request())) {
            case RowRequest.Vectors vectors -> vectors(json, row, vectors);
            case RowRequest.Points points -> points(json, points);
        }
        json.writeEndObject();
        json.writeNullField("error");
        json.writeEndObject();
    }

    /** As {@code POST /api/v1/collections/NAME/points} answers. */
    private static void points(JsonGenerator json, RowRequest.Points request) throws IOException {
        json.writeStartObject();
        json.writeNumberField(
                "upserted",
                request.points().stream().map(NewPoint::id).distinct().count());
        json.writeEndObject();
    }

    private static void vectors(JsonGenerator json, Row row, RowRequest.Vectors request) throws IOException {
        json.writeStartObject();
        json.writeStringField("object", "list");
        json.writeArrayFieldStart("data");
        float[][] vectors = row.vectors();
        for (int i = 0; i < vectors.length; i++) {
            json.writeStartObject();
            json.writeStringField("object", "embedding");
            json.writeNumberField("index", i);
            json.writeFieldName("embedding");
            vector(json, vectors[i], request.base64());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeStringField("model", request.model());
        json.writeObjectFieldStart("usage");
        json.writeNumberField("prompt_tokens", row.tokens());
        json.writeNumberField("total_tokens", row.tokens());
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void vector(JsonGenerator json, float[] vector, boolean base64) throws IOException {
        if (base64) {
            ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(vector);
            json.writeString(Base64.getEncoder().encodeToString(bytes.array()));
            return;
        }
        json.writeStartArray();
        for (float value : vector) {
            json.writeNumber(value);
        }
        json.writeEndArray();
    }

    private void failure(JsonGenerator json, Row row, RowFailure failure) throws IOException {
        begin(json, row);
        json.writeNumberField("line", row.line());
        if (failure.status() == 0) {
            json.writeNullField("response");
        } else {
            json.writeObjectFieldStart("response");
            json.writeNumberField("status_code", failure.status());
            json.writeStringField("request_id", requestId(row));
            json.writeObjectFieldStart("body");
            error(json, failure);
            json.writeEndObject();
            json.writeEndObject();
        }
        if (failure.status() == 0) {
            json.writeObjectFieldStart("error");
            json.writeStringField("code", failure.code());
            json.writeStringField("message", failure.message());
            json.writeEndObject();
        } else {
            json.writeNullField("error");
        }
        json.writeEndObject();
    }

    private static void error(JsonGenerator json, RowFailure failure) throws IOException {
        json.writeObjectFieldStart("error");
        json.writeStringField("message", failure.message());
        json.writeStringField("type", failure.status() < 500 ? "invalid_request_error" : "server_error");
        json.writeNullField("param");
        json.writeStringField("code", failure.code());
        json.writeEndObject();
    }

    private void begin(JsonGenerator json, Row row) throws IOException {
        json.writeStartObject();
        json.writeStringField("id", "batch_req_" + suffix(row));
        json.writeStringField("custom_id", row.customId());
    }

    private String requestId(Row row) {
        return "req_" + suffix(row);
    }

    /** The same for the same row, whoever works on it. */
    private String suffix(Row row) {
        return batch.substring(batch.indexOf('_') + 1) + "_" + row.line();
    }

    /** One of the two blobs, begun when it is needed. */
    private final class Part {

        private @Nullable BlobOutput blob;
        private @Nullable JsonGenerator json;
        private boolean isBegun;

        private JsonGenerator line() throws IOException {
            JsonGenerator generator = json;
            if (generator == null) {
                blob = blobs.create();
                generator = JSON.createGenerator(blob);
                generator.setRootValueSeparator(null);
                json = generator;
            }
            if (isBegun) {
                generator.writeRaw('\n');
            }
            isBegun = true;
            return generator;
        }

        private Optional<Blob> finish() throws IOException {
            if (json == null || blob == null) {
                return Optional.empty();
            }
            json.writeRaw('\n');
            json.flush();
            return Optional.of(blob.finish());
        }

        private void close() {
            if (blob != null) {
                blob.close();
            }
        }

        private void discard() {
            if (blob != null) {
                blobs.discard(blob.id(), blob.store());
            }
        }
    }
}
