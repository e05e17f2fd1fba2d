package dev.weft.inference.generation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A conversation as a JSON array of OpenAI's chat messages, turned into what a chat template reads. */
final class ChatMessages {

    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private ChatMessages() {}

    /**
     * Reads a conversation. Parts of a content become one text; fields that are not known here are the template's.
     *
     * @return maps, lists, Strings, Longs, Doubles, Booleans and nulls
     * @throws InvalidArgument naming the message and field, what came and what was expected
     */
    static List<@Nullable Object> read(String json) {
        JsonNode messages;
        try {
            messages = JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new InvalidArgument("messages: malformed JSON: " + e.getOriginalMessage());
        }
        if (!messages.isArray() || messages.isEmpty()) {
            throw new InvalidArgument("messages: " + (messages.isArray() ? "none" : "a " + messages.getNodeType())
                    + " (expected: an array of at least one message)");
        }
        List<@Nullable Object> read = new ArrayList<>();
        for (JsonNode message : messages) {
            read.add(message(message, "messages[" + read.size() + "]"));
        }
        return read;
    }

    private static Map<String, @Nullable Object> message(JsonNode message, String field) {
        if (!message.isObject()) {
            throw new InvalidArgument(field + ": a " + message.getNodeType() + " (expected: an object)");
        }
        JsonNode role = message.path("role");
        if (!role.isTextual() || role.textValue().isEmpty()) {
            throw new InvalidArgument(
                    field + ".role: " + (role.isMissingNode() ? "missing" : role) + " (expected: a string, as 'user')");
        }
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : message.properties()) {
            values.put(entry.getKey(), plain(entry.getValue()));
        }
        values.put("content", content(message.path("content"), message.has("tool_calls"), field + ".content"));
        return values;
    }

    private static String content(JsonNode content, boolean optional, String field) {
        if (content.isTextual()) {
            return content.textValue();
        }
        if ((content.isMissingNode() || content.isNull()) && optional) {
            return "";
        }
        if (!content.isArray()) {
            throw new InvalidArgument(
                    field + ": " + (content.isMissingNode() ? "missing" : "a " + content.getNodeType())
                            + " (expected: a string, or an array of text parts)");
        }
        StringBuilder text = new StringBuilder();
        int index = 0;
        for (JsonNode part : content) {
            if (!part.path("type").asText().equals("text") || !part.path("text").isTextual()) {
                throw new InvalidArgument(field + "[" + index + "]: a part of type '"
                        + part.path("type").asText() + "' (expected: parts of type 'text' only)");
            }
            text.append(part.get("text").textValue());
            index++;
        }
        return text.toString();
    }

    private static @Nullable Object plain(JsonNode node) {
        if (node.isArray()) {
            List<@Nullable Object> list = new ArrayList<>();
            node.forEach(element -> list.add(plain(element)));
            return list;
        }
        if (node.isObject()) {
            Map<String, @Nullable Object> map = new LinkedHashMap<>();
            node.properties().forEach(entry -> map.put(entry.getKey(), plain(entry.getValue())));
            return map;
        }
        if (node.isIntegralNumber() && node.canConvertToLong()) {
            return node.longValue();
        }
        if (node.isNumber()) {
            return node.doubleValue();
        }
        if (node.isBoolean()) {
            return node.booleanValue();
        }
        return node.isNull() ? null : node.asText();
    }
}
