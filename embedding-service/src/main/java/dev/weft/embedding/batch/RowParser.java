package dev.weft.embedding.batch;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.weft.embedding.batch.LineReader.Line;
import dev.weft.embedding.embedder.BatchEmbedder.Input;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the lines of a batch's input.
 *
 * @see <a href="https://platform.openai.com/docs/api-reference/batch/request-input">The request input object</a>
 */
final class RowParser {

    /** OpenAI's own limit. */
    private static final int MAX_INPUTS = 2048;

    private static final int MAX_CUSTOM_ID = 512;

    private static final ObjectReader JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build()
            .reader();

    private final Endpoint endpoint;
    private final String collectionModel;
    private final long longest;

    /**
     * For the rows of one batch.
     *
     * @param endpoint what they ask for
     * @param collectionModel the model of the collection that they are points for; empty where there is none
     * @param longest bytes of a line
     */
    RowParser(Endpoint endpoint, String collectionModel, long longest) {
        this.endpoint = endpoint;
        this.collectionModel = collectionModel;
        this.longest = longest;
    }

    /** What a line asks for, or why it asks for nothing. */
    Row parse(Line line) {
        if (line.bytes() == null) {
            return new Row(
                    line.number(),
                    null,
                    RowFailure.malformed(
                            "line_too_long", "line: " + line.length() + " bytes (expected: at most " + longest + ")"));
        }
        JsonNode json;
        try {
            json = JSON.readTree(line.bytes());
        } catch (JacksonException e) {
            return new Row(
                    line.number(),
                    null,
                    RowFailure.malformed("invalid_json_line", "line: no JSON (" + e.getOriginalMessage() + ")"));
        } catch (IOException e) {
            throw new IllegalStateException("reading from memory failed", e);
        }
        String id = json.path("custom_id").isTextual() ? json.path("custom_id").textValue() : null;
        try {
            return new Row(line.number(), id, request(json, id));
        } catch (MalformedRow e) {
            return new Row(line.number(), id, e.failure());
        }
    }

    private RowRequest request(JsonNode json, @Nullable String id) {
        if (!json.isObject()) {
            throw new MalformedRow("invalid_json_line", "line: " + MalformedRow.kind(json) + " (expected: an object)");
        }
        if (id == null || id.isEmpty() || id.length() > MAX_CUSTOM_ID) {
            throw new MalformedRow(
                    "missing_custom_id",
                    "custom_id: "
                            + (id == null ? MalformedRow.kind(json.path("custom_id")) : id.length() + " characters")
                            + " (expected: a string of 1 to " + MAX_CUSTOM_ID + " characters)");
        }
        require(json, "method", "POST");
        require(json, "url", endpoint.path());
        JsonNode body = json.path("body");
        if (!body.isObject()) {
            throw new MalformedRow("missing_body", "body: " + MalformedRow.kind(body) + " (expected: an object)");
        }
        return switch (endpoint) {
            case Endpoint.Embeddings _ -> vectors(body);
            case Endpoint.Points _ -> new RowRequest.Points(collectionModel, PointsReader.read(body));
        };
    }

    private static RowRequest vectors(JsonNode body) {
        JsonNode model = body.path("model");
        if (!model.isTextual() || model.textValue().isBlank()) {
            throw MalformedRow.wrong("missing_model", "body.model", model, "the name of a model");
        }
        JsonNode input = body.path("input");
        boolean single = input.isTextual() || (input.isArray() && input.path(0).isNumber());
        return new RowRequest.Vectors(
                model.textValue(), input(input), single, dimensions(body), base64(body), truncate(body));
    }

    private static void require(JsonNode json, String field, String expected) {
        JsonNode value = json.path(field);
        if (!value.isTextual() || !value.textValue().equals(expected)) {
            throw new MalformedRow(
                    "invalid_" + field,
                    field + ": " + (value.isTextual() ? "'" + value.textValue() + "'" : MalformedRow.kind(value))
                            + " (expected: " + expected + ")");
        }
    }

    private static Input input(JsonNode input) {
        if (input.isTextual()) {
            return new Input.Texts(List.of(text(input, "body.input")));
        }
        if (!input.isArray() || input.isEmpty()) {
            throw new MalformedRow(
                    "invalid_input",
                    "body.input: " + (input.isArray() ? "an empty array" : MalformedRow.kind(input))
                            + " (expected: a string, strings, token ids or lists of token ids)");
        }
        if (input.get(0).isNumber()) {
            return new Input.Tokens(List.of(tokens(input, "body.input")));
        }
        if (input.size() > MAX_INPUTS) {
            throw new MalformedRow(
                    "invalid_input", "body.input: " + input.size() + " entries (expected: at most " + MAX_INPUTS + ")");
        }
        if (input.get(0).isArray()) {
            List<int[]> rows = new ArrayList<>();
            input.forEach(entry -> rows.add(tokens(entry, "body.input[" + rows.size() + "]")));
            return new Input.Tokens(rows);
        }
        List<String> texts = new ArrayList<>();
        input.forEach(entry -> texts.add(text(entry, "body.input[" + texts.size() + "]")));
        return new Input.Texts(texts);
    }

    private static String text(JsonNode entry, String field) {
        if (!entry.isTextual() || entry.textValue().isBlank()) {
            throw new MalformedRow(
                    "invalid_input",
                    field + ": " + (entry.isTextual() ? "empty text" : MalformedRow.kind(entry))
                            + " (expected: a text with at least one character that is no space)");
        }
        return entry.textValue();
    }

    private static int[] tokens(JsonNode row, String field) {
        if (!row.isArray() || row.isEmpty()) {
            throw new MalformedRow(
                    "invalid_input", field + ": " + MalformedRow.kind(row) + " (expected: a list of token ids)");
        }
        int[] tokens = new int[row.size()];
        for (int i = 0; i < tokens.length; i++) {
            JsonNode token = row.get(i);
            if (!token.isIntegralNumber() || !token.canConvertToInt() || token.intValue() < 0) {
                throw new MalformedRow(
                        "invalid_input",
                        field + "[" + i + "]: " + MalformedRow.kind(token) + " (expected: a token id >= 0)");
            }
            tokens[i] = token.intValue();
        }
        return tokens;
    }

    private static @Nullable Integer dimensions(JsonNode body) {
        JsonNode dimensions = body.path("dimensions");
        if (dimensions.isMissingNode() || dimensions.isNull()) {
            return null;
        }
        if (!dimensions.isIntegralNumber() || !dimensions.canConvertToInt() || dimensions.intValue() < 1) {
            throw new MalformedRow(
                    "invalid_dimensions",
                    "body.dimensions: " + MalformedRow.kind(dimensions) + " (expected: a number >= 1)");
        }
        return dimensions.intValue();
    }

    private static boolean base64(JsonNode body) {
        JsonNode format = body.path("encoding_format");
        return switch (format.isMissingNode() || format.isNull() ? "float" : format.asText()) {
            case "float" -> false;
            case "base64" -> true;
            default ->
                throw new MalformedRow(
                        "invalid_encoding_format",
                        "body.encoding_format: " + MalformedRow.kind(format) + " (expected: one of [float, base64])");
        };
    }

    private static boolean truncate(JsonNode body) {
        return body.path("truncate").asBoolean(false);
    }
}
