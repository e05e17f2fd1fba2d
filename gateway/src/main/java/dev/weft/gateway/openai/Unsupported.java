package dev.weft.gateway.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Fields of OpenAI's that Weft cannot serve: absent and neutral values pass, others are refused by name rather than ignored. */
final class Unsupported {

    private Unsupported() {}

    /** Passes neutral values. */
    static void refuse(String field, @Nullable JsonNode value, String... neutral) {
        if (!isNeutral(value, neutral)) {
            throw new InvalidArgument(field + ": not supported (expected: absent)");
        }
    }

    /** True for null, false, 0, an empty text, array or object, and those texts. */
    static boolean isNeutral(@Nullable JsonNode value, String... neutral) {
        if (value == null) {
            return true;
        }
        return switch (value.getNodeType()) {
            case BOOLEAN -> !value.booleanValue();
            case NUMBER -> value.doubleValue() == 0;
            case STRING -> value.textValue().isEmpty() || Set.of(neutral).contains(value.textValue());
            case ARRAY, OBJECT -> value.isEmpty();
            case NULL, MISSING -> true;
            case BINARY, POJO -> false;
        };
    }
}
