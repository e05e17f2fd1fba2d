package dev.weft.inference.lifecycle;

import dev.weft.inference.backend.InferenceBackend;
import dev.weft.inference.backend.onnxruntime.OnnxBackend;
import dev.weft.inference.batching.RunQueue;
import dev.weft.inference.modelpackage.ModelId;
import dev.weft.inference.modelpackage.ModelPackage;
import dev.weft.inference.modelpackage.ModelPackageReader;
import dev.weft.inference.modelpackage.Task;
import dev.weft.inference.nativelibrary.NativeLibraries;
import dev.weft.inference.pipeline.TextPipeline;
import dev.weft.inference.pipeline.TextPipeline.RunLimits;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Makes a {@link LoadedModel} of a package's folder. Stateless; a load that fails leaves nothing behind. */
@Singleton
final class ModelLoader {

    private final EngineConfig config;
    private final MeterRegistry meters;
    private final GeneratorLoader generators;

    ModelLoader(EngineConfig config, MeterRegistry meters, GeneratorLoader generators) {
        this.generators = generators;
        this.config = config;
        NativeLibraries.use(config.nativeLibraries());
        this.meters = meters;
    }

    /**
     * Reads, loads and warms up; blocks for as long as that takes.
     *
     * @throws dev.weft.kit.error.Failure.FailedPrecondition when the package is malformed; says which file, and how
     */
    ServedModel load(ModelId id, Path folder) {
        ModelPackage source = ModelPackageReader.read(id, folder);
        if (source.task() instanceof Task.TextGeneration task) {
            return generators.load(source, task);
        }
        int sessions = config.sessions().orElse(Runtime.getRuntime().availableProcessors());
        InferenceBackend backend = OnnxBackend.open(source.graph(), config.threads());
        int runTokens = backend.rowsAreIndependent() ? config.runTokens() : 0;
        Optional<TextPipeline> pipeline = Optional.empty();
        try {
            pipeline = TextPipeline.of(source, backend, new RunLimits(runTokens, sessions));
            pipeline.ifPresent(text -> warmUp(text, backend));
        } catch (RuntimeException e) {
            pipeline.ifPresent(TextPipeline::close);
            backend.close();
            throw e;
        }
        RunQueue queue = new RunQueue(id.toString(), sessions, config.queueCapacity());
        return new LoadedModel(source, backend, pipeline, queue, new ModelMetrics(meters, id, queue));
    }

    /** The first run allocates ONNX Runtime's arena and finds a graph that does not do what its package promises. */
    private static void warmUp(TextPipeline pipeline, InferenceBackend backend) {
        byte[] text = "warm-up".getBytes(StandardCharsets.UTF_8);
        pipeline.run(
                List.of(new Tensor.Strings(TextPipeline.TEXT, Shape.of(1), List.of(text))),
                true,
                (inputs, outputs, _, _) -> backend.run(inputs, outputs));
    }
}
