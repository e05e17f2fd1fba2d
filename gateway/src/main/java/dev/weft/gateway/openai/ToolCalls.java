package dev.weft.gateway.openai;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.kit.error.Failure.Internal;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What one answer wants called, put together of the parts in which it comes. For one thread.
 *
 * @see <a href="https://platform.openai.com/docs/api-reference/chat-streaming">delta.tool_calls</a>
 */
final class ToolCalls {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String INDEX = "index";

    /** Fields whose texts come piece by piece; all others come at once. */
    private static final Set<String> PIECEWISE = Set.of("arguments", "input");

    private final SortedMap<Integer, ObjectNode> byIndex = new TreeMap<>();

    /**
     * Adds parts.
     *
     * @param parts a JSON array; each tells by its index which call it is a part of
     */
    void add(String parts) {
        JsonNode array;
        try {
            array = JSON.readTree(parts);
        } catch (JsonProcessingException e) {
            throw new Internal("inference-service answered tool calls that are no JSON", e);
        }
        for (int i = 0; i < array.size(); i++) {
            merge(
                    byIndex.computeIfAbsent(array.get(i).path(INDEX).asInt(i), _ -> JSON.createObjectNode()),
                    array.get(i));
        }
    }

    private static void merge(ObjectNode call, JsonNode part) {
        for (Map.Entry<String, JsonNode> field : part.properties()) {
            String name = field.getKey();
            JsonNode value = field.getValue();
            JsonNode before = call.path(name);
            if (value.isObject()) {
                merge(before instanceof ObjectNode object ? object : call.putObject(name), value);
            } else if (PIECEWISE.contains(name) && before.isTextual()) {
                call.put(name, before.textValue() + value.asText(""));
            } else if (!name.equals(INDEX) && !value.isNull()) {
                call.set(name, value);
            }
        }
    }

    boolean isEmpty() {
        return byIndex.isEmpty();
    }

    /** All of them, a JSON array. */
    String whole() {
        ArrayNode calls = JSON.createArrayNode();
        byIndex.values().forEach(calls::add);
        return calls.toString();
    }
}
