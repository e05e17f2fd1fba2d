package dev.weft.inference.modelpackage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.weft.kit.error.Failure.FailedPrecondition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads a model package: finds its graph, detects its task. Stateless. */
public final class ModelPackageReader {

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    /**
     * Where graphs lie, best for a CPU first: int8 weights are a quarter of the memory traffic of fp32. The last ones are how Optimum
     * called decoders with a KV cache before it merged the two graphs into {@code model.onnx}.
     */
    private static final List<String> VARIANTS = List.of(
            "model_quantized",
            "model_int8",
            "model",
            "model_fp16",
            "model_q4",
            "decoder_model_merged_quantized",
            "decoder_model_merged");

    private ModelPackageReader() {}

    /**
     * Understands the folder as a model package.
     *
     * @throws FailedPrecondition when it is none; names the file and what is wrong with it
     */
    public static ModelPackage read(ModelId id, Path folder) {
        HubFiles.Overrides overrides = readJson(folder.resolve("weft.json"), new TypeReference<>() {});
        if (overrides == null) {
            overrides = HubFiles.Overrides.NONE;
        }
        Path graph = graph(folder, overrides.variant());
        Task task = new TaskDetection(folder, overrides).detect();
        return new ModelPackage(id, folder, graph, task);
    }

    /** True when the folder looks like a package, rather than like a folder of versions. */
    public static boolean isPackage(Path folder) {
        return Files.isRegularFile(folder.resolve("config.json"))
                || Files.isRegularFile(folder.resolve("weft.json"))
                || Files.isDirectory(folder.resolve("onnx"))
                || VARIANTS.stream().anyMatch(variant -> Files.isRegularFile(folder.resolve(variant + ".onnx")));
    }

    private static Path graph(Path folder, @Nullable String variant) {
        if (variant != null && !variant.matches("[A-Za-z0-9._-]+")) {
            throw new FailedPrecondition(
                    "weft.json: variant: '" + variant + "' (expected: a file name of onnx/, without .onnx)");
        }
        List<String> candidates = variant == null ? VARIANTS : List.of(variant);
        for (String candidate : candidates) {
            for (Path parent : List.of(folder.resolve("onnx"), folder)) {
                Path graph = parent.resolve(candidate + ".onnx");
                if (Files.isRegularFile(graph)) {
                    return graph;
                }
            }
        }
        throw new FailedPrecondition("no graph in " + folder.getFileName()
                + " (expected: onnx/<name>.onnx, <name> one of " + candidates + ")");
    }

    /** Reads a JSON file; null when it is absent. */
    static <T> @Nullable T readJson(Path file, TypeReference<T> type) {
        if (!Files.isRegularFile(file)) {
            return null;
        }
        try {
            return JSON.readValue(file.toFile(), type);
        } catch (JsonProcessingException e) {
            throw new FailedPrecondition(file.getFileName() + ": " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new FailedPrecondition(file.getFileName() + ": cannot be read: " + e.getMessage());
        }
    }
}
