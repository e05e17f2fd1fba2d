package dev.weft.inference.generation.template;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What stands behind {@code is}. */
final class Tests {

    private static final Set<String> KNOWN = Set.of(
            "defined",
            "undefined",
            "none",
            "string",
            "number",
            "integer",
            "float",
            "boolean",
            "true",
            "false",
            "mapping",
            "iterable",
            "sequence",
            "callable",
            "even",
            "odd",
            "divisibleby",
            "equalto",
            "eq",
            "sameas",
            "ne",
            "lt",
            "le",
            "gt",
            "ge",
            "in",
            "lower",
            "upper");

    private Tests() {}

    static boolean isKnown(String name) {
        return KNOWN.contains(name);
    }

    static Set<String> known() {
        return new TreeSet<>(KNOWN);
    }

    static boolean test(String name, @Nullable Object value, Arguments arguments) {
        return switch (name) {
            case "defined" -> !(value instanceof Values.Undefined);
            case "undefined" -> value instanceof Values.Undefined;
            case "none" -> value == null;
            case "string" -> value instanceof String;
            case "number" -> Values.isNumeric(value);
            case "integer" -> value instanceof Long;
            case "float" -> value instanceof Double;
            case "boolean" -> value instanceof Boolean;
            case "true" -> Boolean.TRUE.equals(value);
            case "false" -> Boolean.FALSE.equals(value);
            case "mapping" -> value instanceof Map;
            case "iterable" ->
                value instanceof List
                        || value instanceof Map
                        || value instanceof String
                        || value instanceof Values.Undefined;
            case "sequence" -> value instanceof List || value instanceof Map || value instanceof String;
            case "callable" -> value instanceof Values.Callable;
            case "even" -> Math.floorMod(Values.toLong(value), 2L) == 0;
            case "odd" -> Math.floorMod(Values.toLong(value), 2L) == 1;
            case "lower" -> Values.toString(value).equals(Values.toString(value).toLowerCase(java.util.Locale.ROOT));
            case "upper" -> Values.toString(value).equals(Values.toString(value).toUpperCase(java.util.Locale.ROOT));
            default -> withOperand(name, value, arguments.only(1).require(0, "other"));
        };
    }

    private static boolean withOperand(String name, @Nullable Object value, @Nullable Object other) {
        return switch (name) {
            case "divisibleby" -> {
                if (Values.toLong(other) == 0) {
                    throw new InvalidArgument("chat template: divisibleby 0 (expected: another number)");
                }
                yield Values.toLong(value) % Values.toLong(other) == 0;
            }
            case "equalto", "eq", "sameas" -> Values.isEqual(value, other);
            case "ne" -> !Values.isEqual(value, other);
            case "lt" -> Values.compare(value, other) < 0;
            case "le" -> Values.compare(value, other) <= 0;
            case "gt" -> Values.compare(value, other) > 0;
            case "ge" -> Values.compare(value, other) >= 0;
            case "in" -> Values.contains(other, value);
            default ->
                throw new InvalidArgument("chat template: test '" + name + "' (expected: one of " + known() + ")");
        };
    }
}
