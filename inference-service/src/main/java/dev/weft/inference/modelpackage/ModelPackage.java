package dev.weft.inference.modelpackage;

import dev.weft.kit.error.Failure.FailedPrecondition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A model's folder, understood.
 *
 * @param id name and version
 * @param folder the package, laid out as Hugging Face lays out a repository with ONNX weights
 * @param graph the ONNX file to load; empty when a provider runs the model
 * @param task what the model is for
 * @param tuning what its author knows of serving it
 */
public record ModelPackage(ModelId id, Path folder, Optional<Path> graph, Task task, Tuning tuning) {

    /**
     * What {@code weft.json} says about serving; what it does not say is the service's choice.
     *
     * @param sessions runs that may compute at a time
     * @param threads of one run
     * @param batchRows rows of one run
     * @param batchTokens tokens of one run, padding counted
     * @param cacheBytes how much memory may keep answers for texts that come again; 0 keeps none
     */
    public record Tuning(
            OptionalInt sessions,
            OptionalInt threads,
            OptionalInt batchRows,
            OptionalInt batchTokens,
            OptionalLong cacheBytes) {

        static Tuning of(HubFiles.Overrides overrides) {
            return new Tuning(
                    positive(overrides.sessions(), "sessions"),
                    positive(overrides.threads(), "threads"),
                    positive(overrides.maxBatchSize(), "max_batch_size"),
                    positive(overrides.maxBatchTokens(), "max_batch_tokens"),
                    cacheBytes(overrides.cacheBytes()));
        }

        private static OptionalInt positive(@Nullable Integer value, String key) {
            if (value == null) {
                return OptionalInt.empty();
            }
            if (value < 1) {
                throw new FailedPrecondition("weft.json: " + key + ": " + value + " (expected: >= 1)");
            }
            return OptionalInt.of(value);
        }

        private static OptionalLong cacheBytes(@Nullable Long value) {
            if (value == null) {
                return OptionalLong.empty();
            }
            if (value < 0) {
                throw new FailedPrecondition("weft.json: cache_bytes: " + value + " (expected: >= 0)");
            }
            return OptionalLong.of(value);
        }
    }

    /**
     * Bytes of the graph and its external data, which is about what the weights take in memory; 0 when there is none.
     *
     * @throws FailedPrecondition when the files cannot be read
     */
    public long weightBytes() {
        return graph.map(ModelPackage::bytes).orElse(0L);
    }

    private static long bytes(Path graph) {
        String name = graph.getFileName().toString();
        try (Stream<Path> files = Files.list(graph.toAbsolutePath().getParent())) {
            long bytes = 0;
            // External data is named after its graph, as exporters do: model.onnx, model.onnx_data, model.onnx.data.
            for (Path file : files.filter(file -> file.getFileName().toString().startsWith(name))
                    .toList()) {
                bytes += Files.size(file);
            }
            return bytes;
        } catch (IOException e) {
            throw new FailedPrecondition(name + ": cannot be read: " + e.getMessage());
        }
    }

    /** Where a text model's tokenizer lies. */
    public Path tokenizer() {
        return folder.resolve("tokenizer.json");
    }
}
