package dev.weft.training.runtime;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * {@code job.json}, by which the dispatcher tells a training process what to do.
 *
 * <pre>
 * {"parameters": {"seed": 1}, "data": {"train": "data/train.csv"}, "settings": {"inference": "127.0.0.1:8081"}, "output": "output"}
 * </pre>
 *
 * @param parameters what the job chose, completed and checked against the runtime's definition
 * @param data files by what they are for, relative to the job's folder
 * @param settings what the dispatcher tells and no job can choose, such as addresses; their names are the runtime's
 * @param output an empty folder for the results, relative to the job's folder
 */
public record JobFile(ObjectNode parameters, Map<String, String> data, Map<String, String> settings, String output) {

    /** Its name in the job's folder. */
    public static final String NAME = "job.json";

    private static final ObjectMapper JSON = new ObjectMapper();

    public JobFile {
        data = Map.copyOf(data);
        settings = Map.copyOf(settings);
        data.values().forEach(JobFile::requireInside);
        requireInside(output);
    }

    private static void requireInside(String path) {
        Path relative = Path.of(path).normalize();
        if (path.isBlank() || relative.isAbsolute() || relative.startsWith("..")) {
            throw new InvalidArgument(NAME + ": path '" + path + "' (expected: inside the job's folder)");
        }
    }

    /**
     * Reads it from a job's folder.
     *
     * @throws InvalidArgument when it is not there or has another form
     */
    public static JobFile read(Path folder) {
        try {
            JsonNode root = JSON.readTree(Files.readAllBytes(folder.resolve(NAME)));
            if (!(root.path("parameters") instanceof ObjectNode parameters)) {
                throw new InvalidArgument(NAME + ": parameters (expected: an object)");
            }
            JsonNode output = root.path("output");
            if (!output.isTextual()) {
                throw new InvalidArgument(NAME + ": output (expected: the name of a folder)");
            }
            return new JobFile(parameters, texts(root, "data"), texts(root, "settings"), output.textValue());
        } catch (JsonProcessingException e) {
            throw new InvalidArgument(NAME + ": no JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new InvalidArgument(NAME + ": cannot be read: " + e);
        }
    }

    private static Map<String, String> texts(JsonNode root, String field) {
        Map<String, String> texts = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry : root.path(field).properties()) {
            if (!entry.getValue().isTextual()) {
                throw new InvalidArgument(NAME + ": " + field + "." + entry.getKey() + " (expected: a text)");
            }
            texts.put(entry.getKey(), entry.getValue().textValue());
        }
        return texts;
    }

    /** Writes it into a job's folder. */
    public void write(Path folder) throws IOException {
        ObjectNode root = JSON.createObjectNode();
        root.set("parameters", parameters);
        new TreeMap<>(data).forEach(root.putObject("data")::put);
        new TreeMap<>(settings).forEach(root.putObject("settings")::put);
        root.put("output", output);
        Files.write(folder.resolve(NAME), JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root));
    }
}
