package dev.weft.gateway.openai;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.gateway.openai.EmbeddingModels.EmbeddingInput;
import dev.weft.kit.error.Failure.InvalidArgument;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * OpenAI's embedding request; unknown fields are ignored, as its clients expect. {@code truncate} is Weft's (and
 * text-embeddings-inference's) own: texts over the token limit are cut rather than refused.
 *
 * @see <a href="https://platform.openai.com/docs/api-reference/embeddings/create">Create embeddings</a>
 */
@RegisterForReflection
@JsonIgnoreProperties(ignoreUnknown = true)
record EmbeddingRequest(
        @Nullable @Schema(description = "A text, texts, token ids or lists of them", implementation = Object.class)
        JsonNode input,

        @Nullable String model,
        @Nullable @JsonProperty("encoding_format") String encodingFormat,
        @Nullable Integer dimensions,
        @Nullable Boolean truncate) {

    /** OpenAI's own limit. */
    private static final int MAX_ROWS = 2048;

    /** How vectors are written. */
    enum Encoding {
        FLOAT,
        BASE64
    }

    String checkedModel() {
        if (model == null || model.isBlank()) {
            throw new InvalidArgument("model: missing (expected: the name of a model; GET /v1/models lists them)");
        }
        return model;
    }

    Encoding encoding() {
        return switch (encodingFormat) {
            case null -> Encoding.FLOAT;
            case "float" -> Encoding.FLOAT;
            case "base64" -> Encoding.BASE64;
            default ->
                throw new InvalidArgument(
                        "encoding_format: '" + encodingFormat + "' (expected: one of [float, base64])");
        };
    }

    EmbeddingInput checkedInput() {
        if (input == null || input.isNull()) {
            throw new InvalidArgument("input: missing (expected: a string, strings, token ids or lists of token ids)");
        }
        if (input.isTextual()) {
            return new EmbeddingInput.Texts(List.of(text(input, "input")));
        }
        if (!input.isArray() || input.isEmpty()) {
            throw new InvalidArgument("input: " + (input.isArray() ? "an empty array" : "a " + input.getNodeType())
                    + " (expected: a string, strings, token ids or lists of token ids)");
        }
        JsonNode first = input.get(0);
        if (first.isNumber()) {
            return new EmbeddingInput.Tokens(List.of(tokens(input, "input")));
        }
        if (input.size() > MAX_ROWS) {
            throw new InvalidArgument("input: " + input.size() + " entries (expected: at most " + MAX_ROWS + ")");
        }
        return first.isArray() ? new EmbeddingInput.Tokens(rows(input)) : new EmbeddingInput.Texts(texts(input));
    }

    private static List<String> texts(JsonNode input) {
        List<String> texts = new ArrayList<>();
        input.forEach(entry -> texts.add(text(entry, "input[" + texts.size() + "]")));
        return texts;
    }

    private static List<List<Integer>> rows(JsonNode input) {
        List<List<Integer>> rows = new ArrayList<>();
        input.forEach(entry -> rows.add(tokens(entry, "input[" + rows.size() + "]")));
        return rows;
    }

    private static String text(JsonNode entry, String field) {
        if (!entry.isTextual()) {
            throw new InvalidArgument(
                    field + ": a " + entry.getNodeType() + " (expected: a string, as the entries before it)");
        }
        if (entry.textValue().isBlank()) {
            throw new InvalidArgument(field + ": empty text (expected: at least one character that is no space)");
        }
        return entry.textValue();
    }

    private static List<Integer> tokens(JsonNode row, String field) {
        if (!row.isArray() || row.isEmpty()) {
            throw new InvalidArgument(field + ": " + (row.isArray() ? "no tokens" : "a " + row.getNodeType())
                    + " (expected: a list of token ids)");
        }
        List<Integer> tokens = new ArrayList<>(row.size());
        for (JsonNode token : row) {
            if (!token.canConvertToInt() || !token.isIntegralNumber() || token.intValue() < 0) {
                throw new InvalidArgument(field + "[" + tokens.size() + "]: " + token + " (expected: a token id >= 0)");
            }
            tokens.add(token.intValue());
        }
        return tokens;
    }
}
