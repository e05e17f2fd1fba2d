package dev.weft.gateway.upstream;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.protocol.inference.ModelMetadataResponse;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;

/**
 * What a model's V2 metadata says about how to ask it.
 *
 * @param task the property {@code task}; empty when the model tells none
 * @param labels the property {@code labels}, in the order of the model's scores; empty when it has none
 */
record ModelDescription(String model, String task, List<String> labels) {

    private static final ObjectReader JSON = JsonMapper.builder().build().reader();

    ModelDescription {
        labels = List.copyOf(labels);
    }

    static ModelDescription of(String model, ModelMetadataResponse metadata) {
        return new ModelDescription(
                model,
                metadata.getPropertiesOrDefault("task", ""),
                labels(metadata.getPropertiesOrDefault("labels", "")));
    }

    /**
     * Refuses a model of another task.
     *
     * @throws InvalidArgument which tells the model's own
     */
    void requireTask(String expected, String... orElse) {
        List<String> tasks = List.of(orElse);
        if (!task.equals(expected) && !tasks.contains(task)) {
            throw new InvalidArgument("model: '" + model + "' is a model of the task "
                    + (task.isEmpty() ? "unknown" : task) + " (expected: a model of the task " + expected
                    + (tasks.isEmpty() ? "" : " or " + String.join(" or ", tasks)) + ")");
        }
    }

    /** A JSON array of strings, or names with commas between them, in which no label can hold a comma. */
    private static List<String> labels(String property) {
        return property.isEmpty() ? List.of() : array(property).orElseGet(() -> List.of(property.split(",", -1)));
    }

    private static Optional<List<String>> array(String property) {
        if (!property.startsWith("[")) {
            return Optional.empty();
        }
        try {
            JsonNode array = JSON.readTree(property);
            return StreamSupport.stream(array.spliterator(), false).allMatch(JsonNode::isTextual)
                    ? Optional.of(StreamSupport.stream(array.spliterator(), false)
                            .map(JsonNode::textValue)
                            .toList())
                    : Optional.empty();
        } catch (JsonProcessingException _) {
            return Optional.empty(); // a label that begins with a bracket
        }
    }
}
