package dev.weft.inference.generation.template;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What stands behind a bar. */
final class Filters {

    private static final Set<String> KNOWN = Set.of(
            "trim",
            "upper",
            "lower",
            "capitalize",
            "title",
            "length",
            "count",
            "join",
            "default",
            "d",
            "first",
            "last",
            "replace",
            "tojson",
            "string",
            "int",
            "float",
            "list",
            "items",
            "dictsort",
            "map",
            "select",
            "reject",
            "selectattr",
            "rejectattr",
            "sort",
            "unique",
            "reverse",
            "safe",
            "indent",
            "abs",
            "sum",
            "min",
            "max");

    private Filters() {}

    static boolean isKnown(String name) {
        return KNOWN.contains(name);
    }

    static Set<String> known() {
        return new TreeSet<>(KNOWN);
    }

    static @Nullable Object apply(String name, @Nullable Object value, Arguments arguments) {
        return switch (name) {
            case "default", "d" -> {
                boolean replaced = value instanceof Values.Undefined
                        || (Values.isTrue(arguments.get(1, "boolean", false)) && !Values.isTrue(value));
                yield replaced ? arguments.only(2, "default_value", "boolean").get(0, "default_value", "") : value;
            }
            case "tojson" -> {
                Object indent = arguments.only(1, "indent", "ensure_ascii").get(0, "indent", null);
                yield PythonText.json(value, indent == null ? -1 : (int) Values.toLong(indent));
            }
            case "string", "safe" -> PythonText.str(value);
            case "trim" -> Methods.strip(PythonText.str(value), arguments, true, true);
            case "upper" -> PythonText.str(value).toUpperCase(java.util.Locale.ROOT);
            case "lower" -> PythonText.str(value).toLowerCase(java.util.Locale.ROOT);
            case "capitalize" -> Methods.capitalize(PythonText.str(value));
            case "title" -> Methods.title(PythonText.str(value));
            case "replace" -> Methods.replace(PythonText.str(value), arguments);
            case "indent" -> indent(PythonText.str(value), arguments.only(3, "width", "first", "blank"));
            case "int" -> integer(value, arguments);
            case "float" -> real(value);
            case "abs" ->
                value instanceof Double number ? (Object) Math.abs(number) : (Object) Math.abs(Values.toLong(value));
            default -> ofSequence(name, value, arguments);
        };
    }

    private static @Nullable Object ofSequence(String name, @Nullable Object value, Arguments arguments) {
        if (name.equals("items") || name.equals("dictsort")) {
            return items(name, value, arguments);
        }
        List<@Nullable Object> elements = new ArrayList<>(Values.iterate(value));
        return switch (name) {
            case "length", "count" -> (long) elements.size();
            case "list" -> elements;
            case "first" -> elements.isEmpty() ? new Values.Undefined("first of nothing") : elements.getFirst();
            case "last" -> elements.isEmpty() ? new Values.Undefined("last of nothing") : elements.getLast();
            case "join" -> join(elements, arguments.only(2, "d", "attribute"));
            case "map" -> map(elements, arguments);
            case "select", "reject" -> select(elements, arguments, name.equals("select"));
            case "selectattr", "rejectattr" -> selectByAttribute(elements, arguments, name.equals("selectattr"));
            case "sort" -> sort(elements, arguments.only(0, "reverse", "attribute", "case_sensitive"));
            case "unique" -> unique(elements);
            case "sum" -> elements.stream().mapToLong(Values::toLong).sum();
            case "min" -> elements.stream().min(Values::compare).orElse(new Values.Undefined("least of nothing"));
            case "max" -> elements.stream().max(Values::compare).orElse(new Values.Undefined("greatest of nothing"));
            case "reverse" -> {
                Collections.reverse(elements);
                yield value instanceof String
                        ? elements.stream().map(PythonText::str).collect(Collectors.joining())
                        : elements;
            }
            default ->
                throw new InvalidArgument("chat template: filter '" + name + "' (expected: one of " + known() + ")");
        };
    }

    private static List<@Nullable Object> items(String name, @Nullable Object value, Arguments arguments) {
        if (value instanceof Values.Undefined) {
            return List.of();
        }
        if (!(value instanceof Map<?, ?> map)) {
            throw new InvalidArgument("chat template: items of " + Values.describe(value) + " (expected: a mapping)");
        }
        List<@Nullable Object> items = Methods.items(map);
        if (name.equals("dictsort")) {
            arguments.only(0);
            items.sort(Comparator.comparing(
                    item -> PythonText.str(((List<?>) java.util.Objects.requireNonNull(item)).getFirst())
                            .toLowerCase(java.util.Locale.ROOT)));
        }
        return items;
    }

    private static String join(List<@Nullable Object> elements, Arguments arguments) {
        Object attribute = arguments.get(1, "attribute", null);
        return elements.stream()
                .map(element -> attribute == null ? element : attribute(element, attribute))
                .map(PythonText::str)
                .collect(Collectors.joining(Values.toString(arguments.get(0, "d", ""))));
    }

    private static List<@Nullable Object> map(List<@Nullable Object> elements, Arguments arguments) {
        List<@Nullable Object> mapped = new ArrayList<>();
        Object attribute = arguments.named().get("attribute");
        for (Object element : elements) {
            if (attribute == null) {
                mapped.add(apply(Values.toString(arguments.require(0, "filter")), element, arguments.from(1)));
                continue;
            }
            Object found = attribute(element, attribute);
            boolean missing =
                    found instanceof Values.Undefined && arguments.named().containsKey("default");
            mapped.add(missing ? arguments.named().get("default") : found);
        }
        return mapped;
    }

    private static List<@Nullable Object> select(List<@Nullable Object> elements, Arguments arguments, boolean wanted) {
        List<@Nullable Object> selected = new ArrayList<>();
        for (Object element : elements) {
            if (holds(element, arguments) == wanted) {
                selected.add(element);
            }
        }
        return selected;
    }

    private static List<@Nullable Object> selectByAttribute(
            List<@Nullable Object> elements, Arguments arguments, boolean wanted) {
        Object attribute = arguments.require(0, "attribute");
        List<@Nullable Object> selected = new ArrayList<>();
        for (Object element : elements) {
            if (holds(attribute(element, attribute), arguments.from(1)) == wanted) {
                selected.add(element);
            }
        }
        return selected;
    }

    private static boolean holds(@Nullable Object value, Arguments test) {
        return test.positional().isEmpty()
                ? Values.isTrue(value)
                : Tests.test(Values.toString(test.positional().getFirst()), value, test.from(1));
    }

    /** An attribute may be a path of several, with dots between them. */
    private static @Nullable Object attribute(@Nullable Object element, @Nullable Object path) {
        if (!(path instanceof String names)) {
            return Evaluator.item(element, path);
        }
        Object found = element;
        for (String name : names.split("\\.")) {
            found = Evaluator.item(found, name);
        }
        return found;
    }

    private static List<@Nullable Object> sort(List<@Nullable Object> elements, Arguments arguments) {
        Object attribute = arguments.named().get("attribute");
        boolean exact = Values.isTrue(arguments.named().get("case_sensitive"));
        Comparator<@Nullable Object> order = (a, b) -> Values.compare(
                sortKey(attribute == null ? a : attribute(a, attribute), exact),
                sortKey(attribute == null ? b : attribute(b, attribute), exact));
        elements.sort(order);
        if (Values.isTrue(arguments.named().get("reverse"))) {
            Collections.reverse(elements);
        }
        return elements;
    }

    private static @Nullable Object sortKey(@Nullable Object value, boolean exact) {
        return value instanceof String text && !exact ? text.toLowerCase(java.util.Locale.ROOT) : value;
    }

    private static List<@Nullable Object> unique(List<@Nullable Object> elements) {
        List<@Nullable Object> unique = new ArrayList<>();
        for (Object element : elements) {
            if (!Values.contains(unique, element)) {
                unique.add(element);
            }
        }
        return unique;
    }

    private static String indent(String text, Arguments arguments) {
        Object width = arguments.get(0, "width", 4L);
        String blanks = width instanceof String given ? given : " ".repeat((int) Values.toLong(width));
        boolean blankLines = Values.isTrue(arguments.get(2, "blank", false));
        List<String> lines = new ArrayList<>(Arrays.asList(text.split("\n", -1)));
        for (int i = 0; i < lines.size(); i++) {
            boolean indented = i == 0
                    ? Values.isTrue(arguments.get(1, "first", false))
                    : blankLines || !lines.get(i).isEmpty();
            lines.set(i, indented ? blanks + lines.get(i) : lines.get(i));
        }
        return String.join("\n", lines);
    }

    private static Object integer(@Nullable Object value, Arguments arguments) {
        Object absent = java.util.Objects.requireNonNullElse(
                arguments.only(1, "default").get(0, "default", 0L), 0L);
        return switch (value) {
            case Long number -> number;
            case Double number -> number.longValue();
            case Boolean bool -> bool ? 1L : 0L;
            case String text when text.strip().matches("[+-]?\\d{1,18}") -> Long.parseLong(text.strip());
            case null, default -> absent;
        };
    }

    private static Object real(@Nullable Object value) {
        return switch (value) {
            case String text
            when text.strip().matches("[+-]?\\d+(\\.\\d+)?([eE][+-]?\\d+)?") -> Double.parseDouble(text.strip());
            case null, default -> Values.isNumeric(value) ? Values.toDouble(value) : 0.0;
        };
    }
}
