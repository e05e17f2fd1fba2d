package dev.weft.embedding.batch;

import com.fasterxml.jackson.databind.JsonNode;

/** A line that is no request. */
final class MalformedRow extends RuntimeException {

    private final String code;

    /** @param code a word for programs */
    MalformedRow(String code, String message) {
        super(message, null, false, false);
        this.code = code;
    }

    /** Something that is not what was expected. */
    static MalformedRow wrong(String code, String field, JsonNode value, String expected) {
        return new MalformedRow(code, field + ": " + kind(value) + " (expected: " + expected + ")");
    }

    /** What a value is, for a message. */
    static String kind(JsonNode node) {
        return switch (node.getNodeType()) {
            case MISSING -> "missing";
            case NULL -> "null";
            case ARRAY -> node.isEmpty() ? "an empty array" : "an array";
            case OBJECT, POJO -> "an object";
            case STRING, BINARY -> "another string";
            case NUMBER -> "number " + node.asText();
            case BOOLEAN -> node.asText();
        };
    }

    RowFailure failure() {
        return RowFailure.malformed(code, String.valueOf(getMessage()));
    }
}
