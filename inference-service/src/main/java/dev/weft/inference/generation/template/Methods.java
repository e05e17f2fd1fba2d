package dev.weft.inference.generation.template;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Python's methods of texts, mappings and lists; those that change their object are not for templates. */
final class Methods {

    private static final Set<String> OF_TEXT = Set.of(
            "strip",
            "lstrip",
            "rstrip",
            "split",
            "rsplit",
            "splitlines",
            "startswith",
            "endswith",
            "upper",
            "lower",
            "title",
            "capitalize",
            "replace",
            "join",
            "find",
            "rfind",
            "count",
            "isdigit",
            "isalpha",
            "isspace",
            "isupper",
            "islower",
            "removeprefix",
            "removesuffix");

    private static final Set<String> OF_MAPPING = Set.of("items", "keys", "values", "get");

    private static final Set<String> OF_LIST = Set.of("index", "count");

    private static final Set<String> OF_LOOP = Set.of("cycle");

    private Methods() {}

    static boolean isKnown(String name) {
        return OF_TEXT.contains(name) || OF_MAPPING.contains(name) || OF_LIST.contains(name) || OF_LOOP.contains(name);
    }

    static Set<String> known() {
        Set<String> known = new TreeSet<>(OF_TEXT);
        known.addAll(OF_MAPPING);
        known.addAll(OF_LIST);
        known.addAll(OF_LOOP);
        return known;
    }

    static @Nullable Object call(@Nullable Object target, String name, Arguments arguments) {
        if (target instanceof String text && OF_TEXT.contains(name)) {
            return ofText(text, name, arguments);
        }
        if (target instanceof Map<?, ?> map && OF_MAPPING.contains(name)) {
            return ofMapping(map, name, arguments);
        }
        if (target instanceof List<?> list && OF_LIST.contains(name)) {
            return ofList(list, name, arguments.only(1).require(0, "value"));
        }
        if (target instanceof Values.Loop loop && !arguments.positional().isEmpty()) {
            return arguments
                    .positional()
                    .get(loop.index() % arguments.positional().size());
        }
        throw new InvalidArgument("chat template: method '" + name + "' of " + Values.describe(target));
    }

    private static @Nullable Object ofMapping(Map<?, ?> map, String name, Arguments arguments) {
        return switch (name) {
            case "get" -> {
                Object key = arguments.only(2).require(0, "key");
                yield key != null && map.containsKey(key) ? map.get(key) : arguments.get(1, "default", null);
            }
            case "keys" -> new ArrayList<@Nullable Object>(map.keySet());
            case "values" -> new ArrayList<@Nullable Object>(map.values());
            default -> items(map);
        };
    }

    static List<@Nullable Object> items(Map<?, ?> map) {
        List<@Nullable Object> items = new ArrayList<>();
        map.forEach((key, value) -> items.add(Arrays.asList(key, value)));
        return items;
    }

    private static Object ofList(List<?> list, String name, @Nullable Object value) {
        if (name.equals("count")) {
            return list.stream()
                    .filter(element -> Values.isEqual(element, value))
                    .count();
        }
        for (int i = 0; i < list.size(); i++) {
            if (Values.isEqual(list.get(i), value)) {
                return (long) i;
            }
        }
        throw new InvalidArgument("chat template: index of what is not in the list");
    }

    private static Object ofText(String text, String name, Arguments arguments) {
        return switch (name) {
            case "strip" -> strip(text, arguments, true, true);
            case "lstrip" -> strip(text, arguments, true, false);
            case "rstrip" -> strip(text, arguments, false, true);
            case "split" -> split(text, arguments, false);
            case "rsplit" -> split(text, arguments, true);
            case "splitlines" -> lines(text);
            case "startswith" -> matches(text, arguments, true);
            case "endswith" -> matches(text, arguments, false);
            case "upper" -> text.toUpperCase(java.util.Locale.ROOT);
            case "lower" -> text.toLowerCase(java.util.Locale.ROOT);
            case "title" -> title(text);
            case "capitalize" -> capitalize(text);
            case "replace" -> replace(text, arguments);
            case "join" -> join(text, arguments.only(1).require(0, "iterable"));
            case "find" -> (long) text.indexOf(Values.toString(arguments.only(1).require(0, "sub")));
            case "rfind" ->
                (long) text.lastIndexOf(Values.toString(arguments.only(1).require(0, "sub")));
            case "count" -> count(text, Values.toString(arguments.only(1).require(0, "sub")));
            case "isdigit" -> all(text, Character::isDigit);
            case "isalpha" -> all(text, Character::isLetter);
            case "isspace" -> all(text, Methods::isSpace);
            case "isupper" ->
                !text.equals(text.toLowerCase(java.util.Locale.ROOT))
                        && text.equals(text.toUpperCase(java.util.Locale.ROOT));
            case "islower" ->
                !text.equals(text.toUpperCase(java.util.Locale.ROOT))
                        && text.equals(text.toLowerCase(java.util.Locale.ROOT));
            case "removeprefix" -> {
                String prefix = Values.toString(arguments.only(1).require(0, "prefix"));
                yield text.startsWith(prefix) ? text.substring(prefix.length()) : text;
            }
            case "removesuffix" -> {
                String suffix = Values.toString(arguments.only(1).require(0, "suffix"));
                yield text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
            }
            default -> throw new IllegalStateException(name);
        };
    }

    private static boolean all(String text, java.util.function.IntPredicate kind) {
        return !text.isEmpty() && text.codePoints().allMatch(kind);
    }

    private static boolean isSpace(int c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85;
    }

    static String strip(String text, Arguments arguments, boolean left, boolean right) {
        Object given = arguments.only(1, "chars").get(0, "chars", null);
        String chars = given == null ? null : Values.toString(given);
        int start = 0;
        int end = text.length();
        while (left && start < end && isStripped(text.charAt(start), chars)) {
            start++;
        }
        while (right && end > start && isStripped(text.charAt(end - 1), chars)) {
            end--;
        }
        return text.substring(start, end);
    }

    private static boolean isStripped(char c, @Nullable String chars) {
        return chars == null ? isSpace(c) : chars.indexOf(c) >= 0;
    }

    private static List<@Nullable Object> split(String text, Arguments arguments, boolean fromRight) {
        Object separator = arguments.only(2, "sep", "maxsplit").get(0, "sep", null);
        long most = Values.toLong(arguments.get(1, "maxsplit", -1L));
        if (separator == null) {
            if (most >= 0) {
                throw new InvalidArgument("chat template: split by blanks, " + most + " times (expected: a separator)");
            }
            return new ArrayList<>(Arrays.stream(text.strip().split("\\s+"))
                    .filter(part -> !part.isEmpty())
                    .toList());
        }
        String by = Values.toString(separator);
        if (by.isEmpty()) {
            throw new InvalidArgument("chat template: split by an empty text (expected: a separator)");
        }
        List<@Nullable Object> parts = new ArrayList<>();
        String rest = text;
        while (most < 0 || parts.size() < most) {
            int at = fromRight ? rest.lastIndexOf(by) : rest.indexOf(by);
            if (at < 0) {
                break;
            }
            if (fromRight) {
                parts.addFirst(rest.substring(at + by.length()));
                rest = rest.substring(0, at);
            } else {
                parts.add(rest.substring(0, at));
                rest = rest.substring(at + by.length());
            }
        }
        if (fromRight) {
            parts.addFirst(rest);
        } else {
            parts.add(rest);
        }
        return parts;
    }

    private static List<@Nullable Object> lines(String text) {
        return new ArrayList<>(text.lines().toList());
    }

    /** The prefix or suffix may be a tuple of which one must fit. */
    private static boolean matches(String text, Arguments arguments, boolean start) {
        Object given = arguments.only(1).require(0, "prefix");
        List<?> candidates = given instanceof List<?> list ? list : java.util.Collections.singletonList(given);
        return candidates.stream()
                .map(Values::toString)
                .anyMatch(candidate -> start ? text.startsWith(candidate) : text.endsWith(candidate));
    }

    static String replace(String text, Arguments arguments) {
        String from = Values.toString(arguments.only(3, "count").require(0, "old"));
        String to = Values.toString(arguments.require(1, "new"));
        Object count = arguments.get(2, "count", null);
        if (count == null) {
            return text.replace(from, to);
        }
        String result = text;
        int at = 0;
        for (long left = Values.toLong(count); left > 0 && (at = result.indexOf(from, at)) >= 0; left--) {
            result = result.substring(0, at) + to + result.substring(at + from.length());
            at += to.length();
        }
        return result;
    }

    private static String join(String separator, @Nullable Object elements) {
        return String.join(
                separator,
                Values.iterate(elements).stream().map(Values::toString).toList());
    }

    private static long count(String text, String part) {
        long count = 0;
        for (int at = text.indexOf(part); at >= 0 && !part.isEmpty(); at = text.indexOf(part, at + part.length())) {
            count++;
        }
        return count;
    }

    static String capitalize(String text) {
        return text.isEmpty()
                ? text
                : text.substring(0, 1).toUpperCase(java.util.Locale.ROOT)
                        + text.substring(1).toLowerCase(java.util.Locale.ROOT);
    }

    static String title(String text) {
        StringBuilder out = new StringBuilder(text.length());
        boolean inWord = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            out.append(inWord ? Character.toLowerCase(c) : Character.toUpperCase(c));
            inWord = Character.isLetter(c);
        }
        return out.toString();
    }
}
