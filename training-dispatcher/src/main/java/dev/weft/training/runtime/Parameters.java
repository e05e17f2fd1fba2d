package dev.weft.training.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The parameters that a runtime has.
 *
 * @param all each name once
 */
public record Parameters(List<Parameter> all) {

    public Parameters {
        all = List.copyOf(all);
        Set<String> names = new TreeSet<>();
        for (Parameter parameter : all) {
            if (!names.add(parameter.name())) {
                throw new InvalidArgument("parameter " + parameter.name() + ": defined twice (expected: once)");
            }
        }
    }

    /**
     * What a job gets: its own values, and the defaults for the rest.
     *
     * @param chosen the job's values by name
     * @throws InvalidArgument when one is unknown, missing, of another type or out of range
     */
    public ObjectNode complete(JsonNode chosen) {
        if (!chosen.isObject()) {
            throw new InvalidArgument("parameters: " + chosen.getNodeType() + " (expected: an object)");
        }
        Set<String> names = all.stream().map(Parameter::name).collect(Collectors.toCollection(TreeSet::new));
        for (Map.Entry<String, JsonNode> value : chosen.properties()) {
            if (!names.contains(value.getKey())) {
                throw new InvalidArgument("parameter " + value.getKey() + ": unknown (expected: one of " + names + ")");
            }
        }
        ObjectNode complete = JsonNodeFactory.instance.objectNode();
        for (Parameter parameter : all) {
            JsonNode value = chosen.get(parameter.name());
            if (value == null || value.isNull()) {
                value = parameter
                        .fallback()
                        .orElseThrow(() -> new InvalidArgument("parameter " + parameter.name() + ": missing (expected: "
                                + parameter.type().expected() + ")"));
            } else if (!parameter.type().accepts(value)) {
                throw new InvalidArgument("parameter " + parameter.name() + ": " + value + " (expected: "
                        + parameter.type().expected() + ")");
            }
            complete.set(parameter.name(), value);
        }
        return complete;
    }
}
