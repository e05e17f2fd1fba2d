package dev.weft.embedding.vectorstore;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.embedding.vectorstore.MetadataValue.Flag;
import dev.weft.embedding.vectorstore.MetadataValue.Numeric;
import dev.weft.embedding.vectorstore.MetadataValue.Text;
import dev.weft.embedding.vectorstore.MetadataValue.Texts;
import dev.weft.kit.error.Failure.Internal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Metadata as a JSON object, as stores keep it. */
public final class MetadataJson {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private MetadataJson() {}

    /** The object's text. */
    public static String write(Metadata metadata) {
        return metadata.fields().isEmpty() ? "{}" : object(metadata).toString();
    }

    /** The object, which is the caller's. */
    public static ObjectNode object(Metadata metadata) {
        ObjectNode object = NODES.objectNode();
        metadata.fields().forEach((name, value) -> object.set(name, node(value)));
        return object;
    }

    /** A value. */
    public static JsonNode node(MetadataValue value) {
        return switch (value) {
            case Text(String text) -> NODES.textNode(text);
            case Numeric(double number) -> NODES.numberNode(number);
            case Flag(boolean flag) -> NODES.booleanNode(flag);
            case Texts(List<String> texts) -> {
                ArrayNode array = NODES.arrayNode(texts.size());
                texts.forEach(array::add);
                yield array;
            }
        };
    }

    /**
     * What {@link #write} wrote.
     *
     * @throws Internal when somebody else wrote something else
     */
    public static Metadata read(String text) {
        if (text.equals("{}")) {
            return Metadata.EMPTY;
        }
        try {
            return metadata(JSON.readTree(text));
        } catch (JsonProcessingException e) {
            throw new Internal("metadata in the store is no JSON", e);
        }
    }

    /**
     * What {@link #object} made.
     *
     * @throws Internal when somebody else made something else
     */
    public static Metadata metadata(JsonNode object) {
        Map<String, MetadataValue> fields = new HashMap<>();
        object.properties().forEach(field -> fields.put(field.getKey(), value(field.getValue())));
        return new Metadata(fields);
    }

    private static MetadataValue value(JsonNode node) {
        if (node.isTextual()) {
            return new Text(node.textValue());
        }
        if (node.isNumber()) {
            return new Numeric(node.doubleValue());
        }
        if (node.isBoolean()) {
            return new Flag(node.booleanValue());
        }
        if (node.isArray()) {
            List<String> texts = new ArrayList<>(node.size());
            node.forEach(element -> texts.add(element.asText()));
            return new Texts(texts);
        }
        throw new Internal("metadata in the store has a field of another kind: " + node.getNodeType(), null);
    }
}
