package dev.weft.inference.generation.template;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.time.Clock;
import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The functions that are there without a macro: Jinja's own and the two that transformers adds. */
final class Functions {

    static final Set<String> KNOWN = Set.of("dict", "namespace", "raise_exception", "range", "strftime_now");

    private static final int LONGEST_RANGE = 100_000;

    private Functions() {}

    static @Nullable Object call(String name, Arguments arguments, Clock clock) {
        return switch (name) {
            case "raise_exception" ->
                throw new InvalidArgument("messages: "
                        + PythonText.str(arguments.only(1, "message").require(0, "message")));
            case "strftime_now" ->
                date(Values.toString(arguments.only(1, "format").require(0, "format")), ZonedDateTime.now(clock));
            case "namespace" -> new Values.Namespace(attributes(arguments));
            case "dict" -> attributes(arguments);
            case "range" -> range(arguments.only(3));
            default -> throw new IllegalStateException(name + " was refused when the template was compiled");
        };
    }

    private static Map<String, @Nullable Object> attributes(Arguments arguments) {
        Map<String, @Nullable Object> attributes = new LinkedHashMap<>();
        if (arguments
                                .only(1, arguments.named().keySet().toArray(String[]::new))
                                .positional()
                                .size()
                        == 1
                && arguments.positional().getFirst() instanceof Map<?, ?> map) {
            map.forEach((key, value) -> attributes.put(PythonText.str(key), value));
        }
        attributes.putAll(arguments.named());
        return attributes;
    }

    private static List<Object> range(Arguments arguments) {
        List<Long> bounds = arguments.positional().stream().map(Values::toLong).toList();
        long start = bounds.size() < 2 ? 0 : bounds.get(0);
        long end = bounds.isEmpty() ? 0 : bounds.get(Math.min(1, bounds.size() - 1));
        long step = bounds.size() < 3 ? 1 : bounds.get(2);
        if (bounds.isEmpty() || step == 0) {
            throw new InvalidArgument("chat template: range of " + bounds + " (expected: bounds, and no step of 0)");
        }
        List<Object> numbers = new ArrayList<>();
        for (long number = start; step > 0 ? number < end : number > end; number += step) {
            if (numbers.size() == LONGEST_RANGE) {
                throw new InvalidArgument(
                        "chat template: range of " + bounds + " (expected: at most " + LONGEST_RANGE + ")");
            }
            numbers.add(number);
        }
        return numbers;
    }

    /** C's strftime in its own locale, for the letters that dates in prompts have. */
    private static String date(String format, ZonedDateTime now) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%' || i + 1 == format.length()) {
                text.append(c);
                continue;
            }
            char letter = format.charAt(++i);
            boolean unpadded = letter == '-' && i + 1 < format.length();
            String part = part(unpadded ? format.charAt(++i) : letter, now);
            text.append(unpadded ? part.replaceFirst("^0(?=.)", "") : part);
        }
        return text.toString();
    }

    private static String part(char letter, ZonedDateTime now) {
        return switch (letter) {
            case 'd' -> "%02d".formatted(now.getDayOfMonth());
            case 'm' -> "%02d".formatted(now.getMonthValue());
            case 'y' -> "%02d".formatted(now.getYear() % 100);
            case 'Y' -> Integer.toString(now.getYear());
            case 'H' -> "%02d".formatted(now.getHour());
            case 'I' -> "%02d".formatted((now.getHour() + 11) % 12 + 1);
            case 'M' -> "%02d".formatted(now.getMinute());
            case 'S' -> "%02d".formatted(now.getSecond());
            case 'p' -> now.getHour() < 12 ? "AM" : "PM";
            case 'j' -> "%03d".formatted(now.getDayOfYear());
            case 'b' -> now.getMonth().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
            case 'B' -> now.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'a' -> now.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
            case 'A' -> now.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'F' -> part('Y', now) + "-" + part('m', now) + "-" + part('d', now);
            case 'T' -> part('H', now) + ":" + part('M', now) + ":" + part('S', now);
            case '%' -> "%";
            default ->
                throw new InvalidArgument(
                        "chat template: strftime_now: '%" + letter + "' (expected: % and one of aAbBdFHIjmMpSTyY%)");
        };
    }
}
