package dev.weft.inference.generation.template;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** How Python writes values: {@code str}, {@code repr} and {@code json.dumps(ensure_ascii=False)}. */
final class PythonText {

    private PythonText() {}

    static String str(@Nullable Object value) {
        return value instanceof String text ? text : repr(value);
    }

    static String repr(@Nullable Object value) {
        return switch (value) {
            case null -> "None";
            case Values.Undefined _ -> "";
            case Boolean bool -> bool ? "True" : "False";
            case Long number -> number.toString();
            case Double number -> real(number);
            case String text -> quoted(text);
            case List<?> list -> list.stream().map(PythonText::repr).collect(Collectors.joining(", ", "[", "]"));
            case Map<?, ?> map ->
                map.entrySet().stream()
                        .map(entry -> repr(entry.getKey()) + ": " + repr(entry.getValue()))
                        .collect(Collectors.joining(", ", "{", "}"));
            default ->
                throw new InvalidArgument("chat template: " + Values.describe(value) + " written (expected: a value)");
        };
    }

    /** Java and Python both write the shortest digits that give the number back; the form of the exponent differs. */
    private static String real(double number) {
        if (Double.isNaN(number)) {
            return "nan";
        }
        if (Double.isInfinite(number)) {
            return number > 0 ? "inf" : "-inf";
        }
        double size = Math.abs(number);
        if (size != 0 && (size < 1e-4 || size >= 1e16)) {
            String[] parts = Double.toString(number).split("E", 2);
            String digits = parts[0].endsWith(".0") ? parts[0].substring(0, parts[0].length() - 2) : parts[0];
            int exponent = parts.length < 2 ? 0 : Integer.parseInt(parts[1]);
            return digits + (exponent < 0 ? "e-" : "e+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
        }
        String plain = new java.math.BigDecimal(Double.toString(number)).toPlainString();
        return plain.contains(".") ? plain : plain + ".0";
    }

    private static String quoted(String text) {
        char quote = text.contains("'") && !text.contains("\"") ? '"' : '\'';
        StringBuilder out = new StringBuilder().append(quote);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> out.append(c == quote ? "\\" + c : String.valueOf(c));
            }
        }
        return out.append(quote).toString();
    }

    /**
     * JSON as Python's {@code json.dumps} writes it.
     *
     * @param indent blanks per level; negative for one line
     */
    static String json(@Nullable Object value, int indent) {
        StringBuilder out = new StringBuilder();
        json(value, indent, 0, out);
        return out.toString();
    }

    private static void json(@Nullable Object value, int indent, int level, StringBuilder out) {
        switch (value) {
            case null -> out.append("null");
            case Boolean bool -> out.append(bool);
            case Long number -> out.append(number);
            case Double number -> out.append(real(number));
            case String text -> jsonText(text, out);
            case List<?> list -> {
                out.append('[');
                for (int i = 0; i < list.size(); i++) {
                    separate(i, indent, level + 1, out);
                    json(list.get(i), indent, level + 1, out);
                }
                end(list.isEmpty(), indent, level, out);
                out.append(']');
            }
            case Map<?, ?> map -> {
                out.append('{');
                int i = 0;
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    separate(i++, indent, level + 1, out);
                    jsonText(str(entry.getKey()), out);
                    out.append(": ");
                    json(entry.getValue(), indent, level + 1, out);
                }
                end(map.isEmpty(), indent, level, out);
                out.append('}');
            }
            default ->
                throw new InvalidArgument("chat template: " + Values.describe(value) + " as JSON (expected: a value)");
        }
    }

    private static void separate(int index, int indent, int level, StringBuilder out) {
        if (index > 0) {
            out.append(indent < 0 ? ", " : ",");
        }
        if (indent >= 0) {
            out.append('\n').append(" ".repeat(indent * level));
        }
    }

    private static void end(boolean empty, int indent, int level, StringBuilder out) {
        if (indent >= 0 && !empty) {
            out.append('\n').append(" ".repeat(indent * level));
        }
    }

    private static void jsonText(String text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> out.append(c < ' ' ? "\\u%04x".formatted((int) c) : String.valueOf(c));
            }
        }
        out.append('"');
    }
}
