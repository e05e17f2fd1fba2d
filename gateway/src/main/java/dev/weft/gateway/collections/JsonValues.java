package dev.weft.gateway.collections;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.protocol.embedding.v1.MetadataValue;
import dev.weft.protocol.embedding.v1.StringList;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** JSON that a client sent, read strictly. All methods throw {@link InvalidArgument} that names the field, what came and what was expected. */
final class JsonValues {

    private static final ObjectReader JSON =
            JsonMapper.builder().build().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private JsonValues() {}

    /** The object that a body is. */
    static JsonNode object(byte[] body) {
        try {
            JsonNode node = JSON.readTree(body);
            if (!node.isObject()) {
                throw wrong("body", node, "a JSON object");
            }
            return node;
        } catch (JsonProcessingException e) {
            throw new InvalidArgument("body: malformed JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new InvalidArgument("body: " + e.getMessage());
        }
    }

    static InvalidArgument wrong(String path, JsonNode value, String expected) {
        String kind =
                value.isMissingNode() ? "missing" : value.getNodeType().name().toLowerCase(Locale.ROOT);
        return new InvalidArgument(path + ": " + kind + " (expected: " + expected + ")");
    }

    /** A field; missing when it is null, too. */
    static JsonNode field(JsonNode object, String name) {
        JsonNode value = object.path(name);
        return value.isNull() ? object.path("\0") : value;
    }

    static @Nullable String text(JsonNode object, String name, String path) {
        JsonNode value = field(object, name);
        if (value.isMissingNode()) {
            return null;
        }
        if (!value.isTextual()) {
            throw wrong(path + name, value, "a string");
        }
        return value.textValue();
    }

    static String requiredText(JsonNode object, String name, String path) {
        String text = text(object, name, path);
        if (text == null) {
            throw new InvalidArgument(path + name + ": missing (expected: a string)");
        }
        return text;
    }

    static int integer(JsonNode object, String name, int otherwise) {
        JsonNode value = field(object, name);
        if (value.isMissingNode()) {
            return otherwise;
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt()) {
            throw wrong(name, value, "an integer");
        }
        return value.intValue();
    }

    static boolean flag(JsonNode object, String name) {
        JsonNode value = field(object, name);
        if (!value.isMissingNode() && !value.isBoolean()) {
            throw wrong(name, value, "true or false");
        }
        return value.booleanValue();
    }

    static List<String> texts(JsonNode array, String path) {
        if (!array.isArray()) {
            throw wrong(path, array, "an array of strings");
        }
        List<String> texts = new ArrayList<>(array.size());
        for (JsonNode entry : array) {
            if (!entry.isTextual()) {
                throw wrong(path + "[" + texts.size() + "]", entry, "a string");
            }
            texts.add(entry.textValue());
        }
        return texts;
    }

    static List<Float> floats(JsonNode array, String path) {
        if (!array.isArray()) {
            throw wrong(path, array, "an array of numbers");
        }
        List<Float> floats = new ArrayList<>(array.size());
        for (JsonNode entry : array) {
            if (!entry.isNumber()) {
                throw wrong(path + "[" + floats.size() + "]", entry, "a number");
            }
            floats.add(entry.floatValue());
        }
        return floats;
    }

    static MetadataValue metadata(JsonNode value, String path) {
        MetadataValue.Builder message = MetadataValue.newBuilder();
        if (value.isTextual()) {
            message.setStringValue(value.textValue());
        } else if (value.isNumber()) {
            message.setNumberValue(value.doubleValue());
        } else if (value.isBoolean()) {
            message.setBoolValue(value.booleanValue());
        } else if (value.isArray()) {
            message.setStringList(StringList.newBuilder().addAllValues(texts(value, path)));
        } else {
            throw wrong(path, value, "a string, a number, a boolean or an array of strings");
        }
        return message.build();
    }
}
