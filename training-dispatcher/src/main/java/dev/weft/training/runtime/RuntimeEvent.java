package dev.weft.training.runtime;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** One line of a training process' standard output. */
public sealed interface RuntimeEvent {

    /**
     * How far the job is: {@code {"type": "progress", "percent": 40, "message": "embedding 400 of 1000 texts"}}.
     *
     * @param percent 0 to 100 of the time that the job takes, as far as can be known
     */
    record Progress(double percent, String message) implements RuntimeEvent {}

    /**
     * A measured value: {@code {"type": "metric", "name": "loss", "value": 0.42, "step": 3}}.
     *
     * @param step of training, from 1; 0 for a value of the whole
     */
    record Metric(String name, double value, long step) implements RuntimeEvent {}

    /** A line for people: {@code {"type": "log", "level": "warning", "message": "…"}}. */
    record Log(Level level, String message) implements RuntimeEvent {}

    /**
     * What came out: {@code {"type": "result", "package": "package", "report": "report.json", "metrics": {"accuracy": 0.95}}}.
     *
     * @param modelPackage the model package's folder, relative to the output folder
     * @param report a JSON file for people and programs, relative to the output folder; empty when there is none
     * @param metrics by which versions of a model are compared
     */
    record Result(String modelPackage, String report, Map<String, Double> metrics) implements RuntimeEvent {
        public Result {
            metrics = Map.copyOf(metrics);
        }
    }

    /** Why there is no result: {@code {"type": "failure", "message": "…"}}; the exit code says whether repeating may help. */
    record Failed(String message) implements RuntimeEvent {}

    /** How much a log line matters. */
    enum Level {
        INFO,
        WARNING,
        ERROR;

        /** Its name in JSON. */
        String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** The level of that name; a line of an unknown one is for information. */
        static Level of(String name) {
            for (Level level : values()) {
                if (level.wireName().equals(name)) {
                    return level;
                }
            }
            return INFO;
        }
    }

    /**
     * Understands a line. Commands print what they like: whatever is no event of a known type with its fields is log.
     *
     * @param line without its line break
     */
    static RuntimeEvent parse(String line) {
        JsonNode root = json(line);
        Log asIs = new Log(Level.INFO, line);
        return switch (root.path("type").asText()) {
            case "progress" -> root.path("percent").isNumber() ? progress(root) : asIs;
            case "metric" -> root.path("name").isTextual() && root.path("value").isNumber() ? metric(root) : asIs;
            case "log" ->
                new Log(
                        Level.of(root.path("level").asText()),
                        root.path("message").asText());
            case "result" -> root.path("package").isTextual() ? result(root) : asIs;
            case "failure" -> new Failed(root.path("message").asText());
            default -> asIs;
        };
    }

    private static Progress progress(JsonNode root) {
        return new Progress(
                Math.clamp(root.path("percent").doubleValue(), 0, 100),
                root.path("message").asText());
    }

    private static Metric metric(JsonNode root) {
        return new Metric(
                root.path("name").textValue(),
                root.path("value").doubleValue(),
                root.path("step").asLong());
    }

    private static Result result(JsonNode root) {
        return new Result(
                root.path("package").textValue(), root.path("report").asText(), metrics(root.path("metrics")));
    }

    private static JsonNode json(String line) {
        try {
            return Json.MAPPER.readTree(line.startsWith("{") ? line : "null");
        } catch (JsonProcessingException _) {
            return Json.MAPPER.nullNode();
        }
    }

    private static Map<String, Double> metrics(JsonNode node) {
        Map<String, Double> metrics = new TreeMap<>();
        for (Map.Entry<String, JsonNode> metric : node.properties()) {
            if (metric.getValue().isNumber()) {
                metrics.put(metric.getKey(), metric.getValue().doubleValue());
            }
        }
        return metrics;
    }

    /** The line, without its line break. */
    default String line() {
        ObjectNode root = Json.MAPPER.createObjectNode();
        switch (this) {
            case Progress(double percent, String message) ->
                root.put("type", "progress").put("percent", percent).put("message", message);
            case Metric(String name, double value, long step) ->
                root.put("type", "metric").put("name", name).put("value", value).put("step", step);
            case Log(Level level, String message) ->
                root.put("type", "log").put("level", level.wireName()).put("message", message);
            case Result(String modelPackage, String report, Map<String, Double> metrics) -> {
                root.put("type", "result").put("package", modelPackage).put("report", report);
                new TreeMap<>(metrics).forEach(root.putObject("metrics")::put);
            }
            case Failed(String message) -> root.put("type", "failure").put("message", message);
        }
        return root.toString();
    }

    /** Where this interface keeps its mapper, since a field of it would be public. */
    final class Json {
        private static final ObjectMapper MAPPER = new ObjectMapper();

        private Json() {}
    }
}
