package dev.weft.inference.lifecycle;

import dev.weft.inference.backend.InferenceBackend;
import dev.weft.inference.backend.onnxruntime.OnnxBackend;
import dev.weft.inference.backend.onnxruntime.OnnxSettings;
import dev.weft.inference.batching.BatchLimits;
import dev.weft.inference.batching.BatchRunner;
import dev.weft.inference.batching.Batcher;
import dev.weft.inference.batching.Row;
import dev.weft.inference.device.Device;
import dev.weft.inference.modelpackage.ModelId;
import dev.weft.inference.modelpackage.ModelPackage;
import dev.weft.inference.modelpackage.ModelPackage.Tuning;
import dev.weft.inference.modelpackage.ModelPackageReader;
import dev.weft.inference.modelpackage.Task;
import dev.weft.inference.pipeline.TextPipeline;
import dev.weft.inference.pipeline.TextRow;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.virtual.threads.VirtualThreads;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;

/** Makes a {@link ServedModel} of a package. Keeps nothing but the meters, which outlive the models; a load that fails leaves nothing behind. */
@Singleton
final class ModelLoader {

    private final EngineConfig config;
    private final Device device;
    private final GeneratorLoader generators;
    private final ProvidedLoader provided;
    private final MeterRegistry meters;
    private final ExecutorService threads;
    private final Map<ModelId, ModelMetrics> metricsOf = new ConcurrentHashMap<>();

    ModelLoader(
            EngineConfig config,
            DeviceSelection selection,
            GeneratorLoader generators,
            ProvidedLoader provided,
            MeterRegistry meters,
            @VirtualThreads ExecutorService threads) {
        this.config = config;
        this.device = selection.device();
        this.generators = generators;
        this.provided = provided;
        this.meters = meters;
        this.threads = threads;
    }

    /**
     * Understands a package's folder.
     *
     * @throws dev.weft.kit.error.Failure.FailedPrecondition when it is malformed; says which file, and how
     */
    ModelPackage read(ModelId id, Path folder) {
        return ModelPackageReader.read(id, folder, device);
    }

    /**
     * Loads and warms up; blocks for as long as that takes.
     *
     * @throws dev.weft.kit.error.Failure.FailedPrecondition when the graph cannot be loaded, or is not what its package says
     */
    ServedModel load(ModelPackage source) {
        if (source.task() instanceof Task.TextGeneration task) {
            return generators.load(source, task);
        }
        if (source.task() instanceof Task.Provided task) {
            return provided.load(source, task);
        }
        Tuning tuning = source.tuning();
        int threadsPerRun = tuning.threads().orElse(config.threads());
        int sessions = tuning.sessions().orElse(config.sessions().orElse(device.sessions(threadsPerRun)));
        OnnxSettings settings = new OnnxSettings(
                device,
                threadsPerRun,
                device instanceof Device.Cpu ? config.disabledOptimizers().orElse(List.of()) : List.of());
        long weightBytes = source.weightBytes(); // first: nobody says that the files are still there afterwards
        InferenceBackend backend = OnnxBackend.open(source.graph().orElseThrow(), settings);
        Optional<TextPipeline> pipeline = Optional.empty();
        try {
            pipeline = TextPipeline.of(source, backend);
            pipeline.ifPresent(ModelLoader::warmUp);
            return new LoadedModel(
                    parts(source, backend, pipeline, sessions),
                    weightBytes,
                    threads,
                    config.queueBytes().asLongValue());
        } catch (Throwable e) {
            // Whatever it is: what is not closed now never is.
            pipeline.ifPresent(TextPipeline::close);
            backend.close();
            throw e;
        }
    }

    private LoadedModel.Parts parts(
            ModelPackage source, InferenceBackend backend, Optional<TextPipeline> pipeline, int sessions) {
        Tuning tuning = source.tuning();
        ModelMetrics metrics = metricsOf.computeIfAbsent(source.id(), id -> new ModelMetrics(meters, id));
        Batcher.Settings queue = new Batcher.Settings(
                source.id().toString(),
                sessions,
                config.queueRows(),
                config.queueWait(),
                limits(tuning, backend, pipeline.isPresent()));
        long cacheBytes = tuning.cacheBytes().orElse(config.cacheSize().asLongValue());
        Optional<RowCache> cache =
                pipeline.isPresent() && cacheBytes > 0 ? Optional.of(new RowCache(cacheBytes)) : Optional.empty();
        // Last: it starts the sessions' threads.
        Batcher<Row> batcher = new Batcher<>(
                queue, () -> new ModelSession(backend, pipeline.map(TextPipeline::newSession)), metrics::ran);
        return new LoadedModel.Parts(source, backend, pipeline, cache, batcher, metrics);
    }

    /** Graphs that nobody has said to be batchable are run as they are asked: only a text model's rows are known to be rows. */
    private BatchLimits limits(Tuning tuning, InferenceBackend backend, boolean text) {
        if (!text) {
            int rows = tuning.batchRows().orElse(1);
            return new BatchLimits(rows, rows, 0);
        }
        if (!backend.rowsAreIndependent()) {
            return BatchLimits.single();
        }
        return new BatchLimits(
                tuning.batchRows().orElse(config.batchRows().orElse(device.batchRows())),
                tuning.batchTokens().orElse(config.batchTokens().orElse(device.batchTokens())),
                device.batchPadding());
    }

    /**
     * The first runs plan ONNX Runtime's memory, find a graph that does not do what its package promises, and have the just-in-time
     * compiler see the code.
     */
    private static void warmUp(TextPipeline pipeline) {
        BatchRunner<TextRow> session = pipeline.newSession();
        List<Tensor> inputs = new ArrayList<>();
        pipeline.inputs()
                .forEach(spec -> inputs.add(new Tensor.Strings(
                        spec.name(), Shape.of(1), List.of("warm-up".getBytes(StandardCharsets.UTF_8)))));
        for (int run = 0; run < 3; run++) {
            session.run(List.of(pipeline.row(pipeline.read(inputs), 0, true)));
        }
    }
}
