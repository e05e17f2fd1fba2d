package dev.weft.gateway.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a JSON object that a client sent, read strictly: a number is no string, and nothing is converted. A field that is
 * null is absent; fields that nobody asks for are ignored. All methods throw {@link InvalidArgument} that names the field, what came
 * and what was expected.
 */
public final class JsonFields {

    private static final ObjectReader JSON =
            JsonMapper.builder().build().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final String TEXT = "a string";

    private final JsonNode object;

    private JsonFields(JsonNode object) {
        this.object = object;
    }

    /** The fields of the object that the body is. */
    public static JsonFields of(byte[] body) {
        JsonNode node;
        try {
            node = JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw new InvalidArgument("body: malformed JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new InvalidArgument("body: " + e.getMessage());
        }
        if (!node.isObject()) {
            throw new InvalidArgument("body: " + describe(node) + " (expected: a JSON object)");
        }
        return new JsonFields(node);
    }

    /** The name of the model that is asked. */
    public String model() {
        JsonNode value = value("model");
        if (value == null || (value.isTextual() && value.textValue().isBlank())) {
            throw new InvalidArgument("model: missing (expected: the name of a model; GET /v1/models lists them)");
        }
        return text(value, "model");
    }

    /** A text that says something. */
    public String text(String field) {
        return requiredText(field, field);
    }

    private String requiredText(String field, String path) {
        JsonNode value = value(field);
        if (value == null) {
            throw new InvalidArgument(path + ": missing (expected: " + TEXT + ")");
        }
        return text(value, path);
    }

    /** An integer of at least 1; null when absent. */
    public @Nullable Integer count(String field) {
        JsonNode value = value(field);
        if (value == null) {
            return null;
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 1) {
            throw new InvalidArgument(field + ": " + (value.isNumber() ? value.asText() : describe(value))
                    + " (expected: an integer from 1)");
        }
        return value.intValue();
    }

    /** True when the field is; false when absent. */
    public boolean flag(String field) {
        JsonNode value = value(field);
        if (value == null) {
            return false;
        }
        if (!value.isBoolean()) {
            throw new InvalidArgument(field + ": " + describe(value) + " (expected: true or false)");
        }
        return value.booleanValue();
    }

    /** A text, or an array of texts. */
    public List<String> oneOrMoreTexts(String field, int limit) {
        JsonNode value = value(field);
        if (value != null && value.isTextual()) {
            return List.of(text(value, field));
        }
        return entries(field, TEXT + ", or an array of strings", limit, JsonFields::text);
    }

    /** An array whose entries are texts, or objects with a text in the field {@code text}. */
    public List<String> documents(String field, int limit) {
        return entries(field, "an array of strings, or of objects with a field text", limit, (entry, name) -> {
            if (entry.isObject()) {
                return new JsonFields(entry).requiredText("text", name + ".text");
            }
            return text(entry, name);
        });
    }

    private List<String> entries(
            String field, String expected, int limit, BiFunction<JsonNode, String, String> reader) {
        JsonNode value = value(field);
        if (value == null || !value.isArray() || value.isEmpty()) {
            throw new InvalidArgument(field + ": " + (value == null ? "missing" : describe(value)) + " (expected: "
                    + expected + ", at least one)");
        }
        if (value.size() > limit) {
            throw new InvalidArgument(field + ": " + value.size() + " entries (expected: at most " + limit + ")");
        }
        List<String> texts = new ArrayList<>(value.size());
        for (JsonNode entry : value) {
            texts.add(reader.apply(entry, field + "[" + texts.size() + "]"));
        }
        return texts;
    }

    private static String text(JsonNode value, String field) {
        if (!value.isTextual()) {
            throw new InvalidArgument(field + ": " + describe(value) + " (expected: " + TEXT + ")");
        }
        if (value.textValue().isBlank()) {
            throw new InvalidArgument(field + ": empty text (expected: at least one character that is no space)");
        }
        return value.textValue();
    }

    private @Nullable JsonNode value(String field) {
        JsonNode value = object.get(field);
        return value == null || value.isNull() ? null : value;
    }

    private static String describe(JsonNode value) {
        return switch (value.getNodeType()) {
            case OBJECT -> "an object";
            case ARRAY -> value.isEmpty() ? "an empty array" : "an array";
            case STRING -> TEXT;
            case NUMBER -> "a number";
            case BOOLEAN -> "a boolean";
            case NULL -> "null";
            case MISSING -> "nothing";
            case BINARY, POJO -> value.getNodeType().name();
        };
    }
}
