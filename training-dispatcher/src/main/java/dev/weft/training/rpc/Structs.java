package dev.weft.training.rpc;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ListValue;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.weft.kit.error.Failure.Internal;
import java.util.Map;

/** Protobuf's JSON values as Jackson's and back. Protobuf knows one kind of number; one without a fraction is taken for a whole number. */
final class Structs {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** Up to here every whole number is a double too. */
    private static final double LARGEST_WHOLE = 9_007_199_254_740_992.0;

    private Structs() {}

    static ObjectNode json(Struct struct) {
        ObjectNode object = NODES.objectNode();
        struct.getFieldsMap().forEach((name, value) -> object.set(name, json(value)));
        return object;
    }

    static JsonNode json(Value value) {
        return switch (value.getKindCase()) {
            case BOOL_VALUE -> NODES.booleanNode(value.getBoolValue());
            case STRING_VALUE -> NODES.textNode(value.getStringValue());
            case NUMBER_VALUE -> number(value.getNumberValue());
            case STRUCT_VALUE -> json(value.getStructValue());
            case LIST_VALUE -> {
                ArrayNode array = NODES.arrayNode();
                value.getListValue().getValuesList().forEach(one -> array.add(json(one)));
                yield array;
            }
            case NULL_VALUE, KIND_NOT_SET -> NODES.nullNode();
        };
    }

    private static JsonNode number(double number) {
        return number == Math.rint(number) && Math.abs(number) <= LARGEST_WHOLE
                ? NODES.numberNode((long) number)
                : NODES.numberNode(number);
    }

    static Struct struct(String json) {
        try {
            return struct(JSON.readTree(json));
        } catch (JsonProcessingException e) {
            throw new Internal("a job's parameters cannot be read", e);
        }
    }

    private static Struct struct(JsonNode object) {
        Struct.Builder struct = Struct.newBuilder();
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            struct.putFields(field.getKey(), value(field.getValue()));
        }
        return struct.build();
    }

    static Value value(JsonNode node) {
        Value.Builder value = Value.newBuilder();
        switch (node.getNodeType()) {
            case BOOLEAN -> value.setBoolValue(node.booleanValue());
            case NUMBER -> value.setNumberValue(node.doubleValue());
            case STRING -> value.setStringValue(node.textValue());
            case OBJECT -> value.setStructValue(struct(node));
            case ARRAY -> {
                ListValue.Builder list = ListValue.newBuilder();
                node.forEach(one -> list.addValues(value(one)));
                value.setListValue(list);
            }
            case NULL, MISSING, BINARY, POJO -> value.setNullValue(NullValue.NULL_VALUE);
        }
        return value.build();
    }
}
