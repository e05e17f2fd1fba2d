package dev.weft.gateway.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What chat completions and completions have in common.
 *
 * @param choices how many answers are wanted of each prompt; null is one
 */
record SamplingFields(
        @Nullable Integer choices,
        @Nullable JsonNode stop,
        @Nullable Long seed,
        Map<String, @Nullable Object> numbers) {

    private static final int MAX_CHOICES = 8;

    int count() {
        if (choices != null && (choices < 1 || choices > MAX_CHOICES)) {
            throw new InvalidArgument("n: " + choices + " (expected: 1 to " + MAX_CHOICES + ")");
        }
        return choices == null ? 1 : choices;
    }

    /**
     * The parameters of one answer. With a seed, each answer has one of its own, so that they differ and can be had again.
     *
     * @param choice its place among the answers
     */
    Map<String, Object> parameters(int choice) {
        Map<String, Object> parameters = new LinkedHashMap<>();
        numbers.forEach((name, value) -> {
            if (value != null) {
                parameters.put(name, value);
            }
        });
        if (seed != null) {
            parameters.put("seed", seed + choice);
        }
        if (stop != null && !stop.isNull()) {
            parameters.put("stop", stops(stop));
        }
        return parameters;
    }

    /** As a JSON array, whichever form it came in. */
    private static String stops(JsonNode stop) {
        if (stop.isTextual()) {
            return "[" + stop + "]";
        }
        if (!stop.isArray()) {
            throw new InvalidArgument("stop: a " + stop.getNodeType() + " (expected: a string or strings)");
        }
        return stop.toString();
    }
}
