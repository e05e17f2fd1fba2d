package dev.weft.training.runtime.textclassifier;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.training.runtime.textclassifier.onnx.ClassifierGraph.Pooling;
import dev.weft.training.runtime.textclassifier.onnx.OnnxFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The package of the embedding model, read as inference-service reads it: the classifier must make the vectors that it was trained on.
 *
 * @param folder of the package
 * @param graph that the vectors come from
 * @param pooling of token vectors
 * @param normalize whether vectors get length 1
 * @param config {@code config.json}; an empty object when there is none
 * @param overrides {@code weft.json}; an empty object when there is none
 */
record EncoderPackage(
        Path folder, OnnxFile graph, Pooling pooling, boolean normalize, JsonNode config, JsonNode overrides) {

    /** What a CPU takes, best first, as inference-service has it. */
    private static final List<String> VARIANTS = List.of(
            "model_quantized",
            "model_int8",
            "model_qint8_avx512_vnni",
            "model_qint8_arm64",
            "model_quint8_avx2",
            "model",
            "model_fp16");

    private static final Map<String, Pooling> POOLING = Map.of(
            "pooling_mode_mean_tokens", Pooling.MEAN,
            "pooling_mode_cls_token", Pooling.CLS,
            "pooling_mode_lasttoken", Pooling.LAST_TOKEN);

    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * Reads the package.
     *
     * @param variant of the graph, without {@code .onnx}; empty for the one that a CPU takes
     * @throws FailedPrecondition when it is no package of a sentence embedding model
     */
    static EncoderPackage read(Path folder, Optional<String> variant) {
        if (!Files.isDirectory(folder)) {
            throw new FailedPrecondition(
                    "encoder: " + folder + ": no folder (expected: the embedding model's package)");
        }
        if (!Files.isRegularFile(folder.resolve("tokenizer.json"))) {
            throw new FailedPrecondition("encoder: no tokenizer.json in " + folder + " (expected: a text model)");
        }
        JsonNode overrides = json(folder, "weft.json");
        JsonNode modules = json(folder, "modules.json");
        for (JsonNode module : modules) {
            if (Stream.of("Transformer", "Pooling", "Normalize").noneMatch(known -> isType(module, known))) {
                throw new FailedPrecondition("encoder: modules.json: " + module.path("type")
                        + " (expected: Transformer, Pooling and Normalize only)");
            }
        }
        boolean normalizes = modules.isEmpty()
                || Stream.iterate(0, i -> i < modules.size(), i -> i + 1)
                        .anyMatch(i -> isType(modules.get(i), "Normalize"));
        return new EncoderPackage(
                folder,
                OnnxFile.read(graph(folder, variant.or(() -> chosen(overrides)))),
                pooling(folder, overrides),
                overrides.path("normalize").asBoolean(normalizes),
                json(folder, "config.json"),
                overrides);
    }

    private static boolean isType(JsonNode module, String name) {
        return module.path("type").asText().endsWith("." + name);
    }

    private static Optional<String> chosen(JsonNode overrides) {
        String variant = overrides
                .path("variants")
                .path("cpu")
                .asText(overrides.path("variant").asText());
        return variant.isEmpty() ? Optional.empty() : Optional.of(variant);
    }

    private static Path graph(Path folder, Optional<String> variant) {
        List<String> candidates = variant.map(List::of).orElse(VARIANTS);
        for (String candidate : candidates) {
            if (!candidate.matches("[A-Za-z0-9._-]+")) {
                throw new FailedPrecondition(
                        "variant: '" + candidate + "' (expected: a file name of onnx/, without .onnx)");
            }
            for (Path parent : List.of(folder.resolve("onnx"), folder)) {
                Path graph = parent.resolve(candidate + ".onnx");
                if (Files.isRegularFile(graph)) {
                    return graph;
                }
            }
        }
        throw new FailedPrecondition("encoder: no graph in " + folder + " (expected: one of " + candidates
                + ", with .onnx, in onnx/ or at the top)");
    }

    private static Pooling pooling(Path folder, JsonNode overrides) {
        String override = overrides.path("pooling").asText();
        if (!override.isEmpty()) {
            return switch (override) {
                case "mean" -> Pooling.MEAN;
                case "cls" -> Pooling.CLS;
                case "last_token" -> Pooling.LAST_TOKEN;
                default ->
                    throw new FailedPrecondition("encoder: weft.json: pooling: '" + override
                            + "' (expected: one of [mean, cls, last_token])");
            };
        }
        JsonNode config = json(folder.resolve("1_Pooling"), "config.json");
        List<String> modes = config.properties().stream()
                .filter(entry -> entry.getKey().startsWith("pooling_mode_")
                        && entry.getValue().asBoolean())
                .map(Map.Entry::getKey)
                .toList();
        if (config.isEmpty()) {
            return Pooling.MEAN;
        }
        Pooling pooling = modes.size() == 1 ? POOLING.get(modes.getFirst()) : null;
        if (pooling == null) {
            throw new FailedPrecondition("encoder: 1_Pooling/config.json: " + modes + " (expected: one of "
                    + POOLING.keySet().stream().sorted().toList() + ")");
        }
        return pooling;
    }

    private static JsonNode json(Path folder, String name) {
        Path file = folder.resolve(name);
        try {
            return Files.isRegularFile(file) ? JSON.readTree(Files.readAllBytes(file)) : JSON.createObjectNode();
        } catch (JsonProcessingException e) {
            throw new FailedPrecondition("encoder: " + name + ": no JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new FailedPrecondition("encoder: " + name + ": cannot be read: " + e);
        }
    }
}
