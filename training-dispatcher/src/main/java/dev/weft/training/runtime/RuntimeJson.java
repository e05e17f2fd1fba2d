package dev.weft.training.runtime;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.kit.error.Failure.Internal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A runtime's definition as JSON, which jobs keep: it is run as it was when the job was submitted. */
public final class RuntimeJson {

    private static final ObjectMapper JSON = new ObjectMapper();

    private RuntimeJson() {}

    /** The definition; {@link #read} makes the same runtime of it. */
    public static String write(TrainingRuntime runtime) {
        ObjectNode root = JSON.createObjectNode();
        root.put("name", runtime.name()).put("description", runtime.description());
        ArrayNode parameters = root.putArray("parameters");
        runtime.parameters().all().forEach(parameter -> write(parameter, parameters.addObject()));
        root.putObject("resources")
                .put("milliCpus", runtime.resources().milliCpus())
                .put("memoryBytes", runtime.resources().memoryBytes())
                .put("gpus", runtime.resources().gpus());
        switch (runtime) {
            case TrainingRuntime.BuiltIn builtIn -> root.put("mode", builtIn.mode());
            case TrainingRuntime.Command command -> strings(root.putArray("command"), command.command());
            case TrainingRuntime.Container container -> {
                root.put("image", container.image());
                strings(root.putArray("command"), container.command());
            }
        }
        return root.toString();
    }

    private static void write(Parameter parameter, ObjectNode to) {
        to.put("name", parameter.name()).put("description", parameter.description());
        switch (parameter.type()) {
            case ParameterType.Whole(long least, long most) ->
                to.put("type", "whole").put("least", least).put("most", most);
            case ParameterType.Real(double least, double most) ->
                to.put("type", "real").put("least", least).put("most", most);
            case ParameterType.Flag() -> to.put("type", "flag");
            case ParameterType.Choice(List<String> words) ->
                strings(to.put("type", "choice").putArray("words"), words);
            case ParameterType.Text(int longest) -> to.put("type", "text").put("longest", longest);
        }
        parameter.fallback().ifPresent(value -> to.set("default", value));
    }

    private static void strings(ArrayNode to, List<String> strings) {
        strings.forEach(to::add);
    }

    /** What {@link #write} wrote. */
    public static TrainingRuntime read(String definition) {
        try {
            JsonNode root = JSON.readTree(definition);
            String name = root.path("name").asText();
            String description = root.path("description").asText();
            Parameters parameters = parameters(root.path("parameters"));
            JsonNode wanted = root.path("resources");
            Resources resources = new Resources(
                    wanted.path("milliCpus").asInt(),
                    wanted.path("memoryBytes").asLong(),
                    wanted.path("gpus").asInt());
            List<String> command = strings(root.path("command"));
            if (root.has("mode")) {
                String mode = root.path("mode").asText();
                return new TrainingRuntime.BuiltIn(name, description, parameters, resources, mode);
            }
            return root.has("image")
                    ? new TrainingRuntime.Container(
                            name,
                            description,
                            parameters,
                            resources,
                            root.path("image").asText(),
                            command)
                    : new TrainingRuntime.Command(name, description, parameters, resources, command);
        } catch (JsonProcessingException e) {
            throw new Internal("a runtime's definition cannot be read", e);
        }
    }

    private static Parameters parameters(JsonNode all) {
        List<Parameter> parameters = new ArrayList<>();
        for (JsonNode one : all) {
            parameters.add(new Parameter(
                    one.path("name").asText(),
                    one.path("description").asText(),
                    type(one),
                    Optional.ofNullable(one.get("default"))));
        }
        return new Parameters(parameters);
    }

    private static ParameterType type(JsonNode parameter) {
        String type = parameter.path("type").asText();
        return switch (type) {
            case "whole" ->
                new ParameterType.Whole(
                        parameter.path("least").asLong(), parameter.path("most").asLong());
            case "real" ->
                new ParameterType.Real(
                        parameter.path("least").asDouble(),
                        parameter.path("most").asDouble());
            case "flag" -> new ParameterType.Flag();
            case "choice" -> new ParameterType.Choice(strings(parameter.path("words")));
            case "text" -> new ParameterType.Text(parameter.path("longest").asInt());
            default -> throw new Internal("a parameter's type in a runtime's definition: " + type, null);
        };
    }

    private static List<String> strings(JsonNode array) {
        List<String> strings = new ArrayList<>();
        array.forEach(one -> strings.add(one.asText()));
        return strings;
    }
}
