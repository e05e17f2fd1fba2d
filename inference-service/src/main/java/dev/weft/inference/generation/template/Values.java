package dev.weft.inference.generation.template;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Python's values, as far as templates see them: null is None, and then Boolean, Long, Double, String, List and Map; and the kinds that
 * only a template makes.
 */
final class Values {

    private Values() {}

    /** What a name without a value has: false, and no text, and nothing else. */
    record Undefined(String name) {}

    /** The one thing whose attributes can be set. */
    record Namespace(Map<String, @Nullable Object> attributes) {}

    /** Can be called. */
    interface Callable {
        @Nullable
        Object call(Arguments arguments);
    }

    /** A loop's state at one iteration. */
    record Loop(List<? extends @Nullable Object> items, int index, int depth) {}

    static boolean isTrue(@Nullable Object value) {
        return switch (value) {
            case null -> false;
            case Undefined _ -> false;
            case Boolean bool -> bool;
            case Long number -> number != 0;
            case Double number -> number != 0;
            case String text -> !text.isEmpty();
            case List<?> list -> !list.isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            default -> true;
        };
    }

    /** As Python's {@code ==}: numbers of different types are compared by value, and everything else by type too. */
    static boolean isEqual(@Nullable Object left, @Nullable Object right) {
        if (left instanceof Undefined && right instanceof Undefined) {
            return true;
        }
        if (isNumeric(left) && isNumeric(right)) {
            boolean real = left instanceof Double || right instanceof Double;
            return real ? toDouble(left) == toDouble(right) : toLong(left) == toLong(right);
        }
        if (left instanceof List<?> a && right instanceof List<?> b) {
            if (a.size() != b.size()) {
                return false;
            }
            for (int i = 0; i < a.size(); i++) {
                if (!isEqual(a.get(i), b.get(i))) {
                    return false;
                }
            }
            return true;
        }
        return java.util.Objects.equals(left, right);
    }

    /** Numbers with numbers, texts with texts. */
    static int compare(@Nullable Object left, @Nullable Object right) {
        if (isNumeric(left) && isNumeric(right)) {
            return left instanceof Double || right instanceof Double
                    ? Double.compare(toDouble(left), toDouble(right))
                    : Long.compare(toLong(left), toLong(right));
        }
        if (left instanceof String a && right instanceof String b) {
            return a.compareTo(b);
        }
        throw new InvalidArgument("chat template: " + describe(left) + " compared with " + describe(right)
                + " (expected: two numbers or two texts)");
    }

    static boolean contains(@Nullable Object container, @Nullable Object element) {
        return switch (container) {
            case String text when element instanceof String part -> text.contains(part);
            case List<?> list -> list.stream().anyMatch(entry -> isEqual(entry, element));
            case Map<?, ?> map -> element != null && map.containsKey(element);
            case Undefined _ -> false;
            case null, default ->
                throw new InvalidArgument("chat template: " + describe(element) + " looked for in "
                        + describe(container) + " (expected: a text in a text, or anything in a list or mapping)");
        };
    }

    /** What a loop goes over. */
    static List<? extends @Nullable Object> iterate(@Nullable Object value) {
        return switch (value) {
            case List<?> list -> list;
            case Map<?, ?> map -> List.copyOf(map.keySet());
            case String text -> text.codePoints().mapToObj(Character::toString).toList();
            case Undefined _ -> List.of();
            case null, default ->
                throw new InvalidArgument(
                        "chat template: a loop over " + describe(value) + " (expected: a list, a mapping or a text)");
        };
    }

    static boolean isNumeric(@Nullable Object value) {
        return value instanceof Long || value instanceof Double || value instanceof Boolean;
    }

    static long toLong(@Nullable Object value) {
        return switch (value) {
            case Long number -> number;
            case Boolean bool -> bool ? 1 : 0;
            case null, default ->
                throw new InvalidArgument("chat template: " + describe(value) + " (expected: an integer)");
        };
    }

    static double toDouble(@Nullable Object value) {
        return value instanceof Double number ? number : toLong(value);
    }

    static String toString(@Nullable Object value) {
        if (value instanceof String text) {
            return text;
        }
        throw new InvalidArgument("chat template: " + describe(value) + " (expected: a text)");
    }

    /** What stands for a value in a message; texts may be a client's, so only their kind is told. */
    static String describe(@Nullable Object value) {
        return switch (value) {
            case null -> "none";
            case Undefined(String name) -> "'" + name + "', which is undefined,";
            case Boolean bool -> bool ? "true" : "false";
            case Long number -> number.toString();
            case Double number -> number.toString();
            case String _ -> "a text";
            case List<?> _ -> "a list";
            case Map<?, ?> _ -> "a mapping";
            case Namespace _ -> "a namespace";
            case Loop _ -> "a loop";
            default -> "a macro";
        };
    }
}
