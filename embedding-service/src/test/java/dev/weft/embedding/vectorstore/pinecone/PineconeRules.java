package dev.weft.embedding.vectorstore.pinecone;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Iterator;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Pinecone's filter language, as its documentation tells it. */
final class PineconeRules {

    private PineconeRules() {}

    static boolean matches(JsonNode filter, JsonNode metadata) {
        Iterator<Map.Entry<String, JsonNode>> parts = filter.properties().iterator();
        boolean all = true;
        while (parts.hasNext()) {
            Map.Entry<String, JsonNode> part = parts.next();
            all &= switch (part.getKey()) {
                case "$and" -> stream(part.getValue()).allMatch(inner -> matches(inner, metadata));
                case "$or" -> stream(part.getValue()).anyMatch(inner -> matches(inner, metadata));
                default -> field(metadata.path(part.getKey()), part.getValue());
            };
        }
        return all;
    }

    private static boolean field(JsonNode value, JsonNode condition) {
        Map.Entry<String, JsonNode> only = condition.properties().iterator().next();
        JsonNode operand = only.getValue();
        return switch (only.getKey()) {
            case "$exists" -> operand.asBoolean() != value.isMissingNode();
            case "$in" -> stream(operand).anyMatch(wanted -> has(value, wanted));
            case "$nin" -> !value.isMissingNode() && stream(operand).noneMatch(wanted -> has(value, wanted));
            case "$gt" -> value.isNumber() && value.asDouble() > operand.asDouble();
            case "$gte" -> value.isNumber() && value.asDouble() >= operand.asDouble();
            case "$lt" -> value.isNumber() && value.asDouble() < operand.asDouble();
            case "$lte" -> value.isNumber() && value.asDouble() <= operand.asDouble();
            default -> throw new IllegalArgumentException("operator " + only.getKey());
        };
    }

    private static boolean has(JsonNode value, JsonNode wanted) {
        if (value.isArray()) {
            return stream(value).anyMatch(wanted::equals);
        }
        return (value.isNumber() && wanted.isNumber()) ? value.asDouble() == wanted.asDouble() : value.equals(wanted);
    }

    private static Stream<JsonNode> stream(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }
}
