package dev.weft.inference.modelpackage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.weft.inference.device.Device;
import dev.weft.kit.error.Failure.FailedPrecondition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads a model package: finds its graph, detects its task. Stateless. */
public final class ModelPackageReader {

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private ModelPackageReader() {}

    /**
     * Understands the folder as a model package.
     *
     * @param device what it will compute on, which decides between the graphs of a package that has several
     * @throws FailedPrecondition when it is none; names the file and what is wrong with it
     */
    public static ModelPackage read(ModelId id, Path folder, Device device) {
        HubFiles.Overrides overrides = readJson(folder.resolve("weft.json"), new TypeReference<>() {});
        if (overrides == null) {
            overrides = HubFiles.Overrides.NONE;
        }
        if (overrides.provider() != null || overrides.model() != null) {
            Task task = ProvidedDetection.detect(folder, overrides);
            return new ModelPackage(id, folder, Optional.empty(), task, ModelPackage.Tuning.of(overrides));
        }
        Path graph = graph(folder, variants(overrides, device));
        Task task = new TaskDetection(folder, overrides).detect();
        return new ModelPackage(id, folder, Optional.of(graph), task, ModelPackage.Tuning.of(overrides));
    }

    /** True when the folder looks like a package, rather than like a folder of versions. */
    public static boolean isPackage(Path folder) {
        return Files.isRegularFile(folder.resolve("config.json"))
                || Files.isRegularFile(folder.resolve("weft.json"))
                || hasGraphs(folder);
    }

    /** True when there are graphs, or a folder for them. */
    static boolean hasGraphs(Path folder) {
        return Files.isDirectory(folder.resolve("onnx")) || hasGraph(folder);
    }

    private static boolean hasGraph(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.anyMatch(file -> file.getFileName().toString().endsWith(".onnx"));
        } catch (IOException _) {
            return false;
        }
    }

    /** The package's own word, for this device or for all, or else what suits the device. */
    private static List<String> variants(HubFiles.Overrides overrides, Device device) {
        String chosen =
                overrides.variants() == null ? null : overrides.variants().get(device.wireName());
        if (chosen == null) {
            chosen = overrides.variant();
        }
        if (chosen == null) {
            return device.variants();
        }
        if (!chosen.matches("[A-Za-z0-9._-]+")) {
            throw new FailedPrecondition(
                    "weft.json: variant: '" + chosen + "' (expected: a file name of onnx/, without .onnx)");
        }
        return List.of(chosen);
    }

    private static Path graph(Path folder, List<String> candidates) {
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
