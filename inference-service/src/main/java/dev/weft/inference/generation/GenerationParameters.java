package dev.weft.inference.generation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.weft.inference.modelpackage.Task.SamplingDefaults;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A request's parameters, checked. Names that generation does not know are a client's own, and ignored as the protocol says.
 *
 * @param maxTokens of the answer; empty when the request does not say
 * @param stop texts that end the answer
 */
public record GenerationParameters(SamplingOptions sampling, OptionalInt maxTokens, List<String> stop) {

    private static final ObjectMapper JSON = JsonMapper.builder().build();

    /** What only models elsewhere can do: JSON in a text. */
    public static final List<String> OF_PROVIDERS =
            List.of("tools", "tool_choice", "parallel_tool_calls", "response_format");

    private static final int MAX_STOPS = 16;

    /**
     * Reads the parameters of a request that somebody else chooses the rest for; those {@link #OF_PROVIDERS} are his to read.
     *
     * @param values each a Boolean, Long, Double or String
     * @throws InvalidArgument naming the parameter, what came and what was expected
     */
    public static GenerationParameters read(Map<String, Object> values) {
        return readOfAny(values, new SamplingDefaults(1, 1, 0, 1, OptionalInt.empty()));
    }

    /**
     * Reads parameters.
     *
     * @param values each a Boolean, Long, Double or String
     * @param defaults where the request does not say
     * @throws InvalidArgument naming the parameter, what came and what was expected
     */
    static GenerationParameters read(Map<String, Object> values, SamplingDefaults defaults) {
        for (String name : OF_PROVIDERS) {
            if (values.containsKey(name)) {
                throw new InvalidArgument(
                        "parameters." + name + ": not supported by a model that runs here (expected: absent)");
            }
        }
        return readOfAny(values, defaults);
    }

    private static GenerationParameters readOfAny(Map<String, Object> values, SamplingDefaults defaults) {
        if (Boolean.TRUE.equals(values.get("truncate"))) {
            throw new InvalidArgument("parameters.truncate: true (expected: absent or false; a prompt is not cut)");
        }
        SamplingOptions sampling = new SamplingOptions(
                number(values, "temperature", Math.min(2, defaults.temperature())),
                number(values, "top_p", defaults.topP()),
                (int) integer(values, "top_k", defaults.topK(), Integer.MAX_VALUE),
                number(values, "repetition_penalty", defaults.repetitionPenalty()),
                number(values, "frequency_penalty", 0),
                number(values, "presence_penalty", 0),
                integer(values, "seed", ThreadLocalRandom.current().nextLong(), Long.MAX_VALUE));
        return new GenerationParameters(sampling, maxTokens(values), stop(values.get("stop")));
    }

    private static OptionalInt maxTokens(Map<String, Object> values) {
        if (!values.containsKey("max_tokens")) {
            return OptionalInt.empty();
        }
        long tokens = integer(values, "max_tokens", 0, Integer.MAX_VALUE);
        if (tokens < 1) {
            throw refused("max_tokens", tokens, "1 or more");
        }
        return OptionalInt.of((int) tokens);
    }

    private static double number(Map<String, Object> values, String name, double absent) {
        return switch (values.get(name)) {
            case null -> absent;
            case Number value -> value.doubleValue();
            case Object other -> throw refused(name, other, "a number");
        };
    }

    private static long integer(Map<String, Object> values, String name, long absent, long greatest) {
        Object value = values.get(name);
        long integer =
                switch (value) {
                    case null -> absent;
                    case Long whole -> whole;
                    // JSON has one kind of number; some clients write whole ones with a point.
                    case Double real when real == Math.rint(real) && Math.abs(real) < 1L << 53 -> real.longValue();
                    case Object other -> throw refused(name, other, "an integer");
                };
        if (integer > greatest) {
            throw refused(name, integer, "at most " + greatest);
        }
        return integer;
    }

    /** A text, or a JSON array of texts. */
    private static List<String> stop(@Nullable Object value) {
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof String text)) {
            throw refused("stop", value, "a string, or a JSON array of strings");
        }
        List<String> stops = text.startsWith("[") ? array(text) : List.of(text);
        if (stops.size() > MAX_STOPS || stops.stream().anyMatch(String::isEmpty)) {
            throw refused("stop", "'" + text + "'", "at most " + MAX_STOPS + " strings, none empty");
        }
        return stops;
    }

    private static List<String> array(String text) {
        try {
            JsonNode array = JSON.readTree(text);
            List<String> stops = new ArrayList<>();
            for (JsonNode stop : array) {
                if (!stop.isTextual()) {
                    throw refused("stop[" + stops.size() + "]", stop, "a string");
                }
                stops.add(stop.textValue());
            }
            return stops;
        } catch (JsonProcessingException _) {
            return List.of(text); // a text that begins with a bracket
        }
    }

    private static InvalidArgument refused(String name, Object value, String expected) {
        return new InvalidArgument("parameters." + name + ": " + value + " (expected: " + expected + ")");
    }
}
