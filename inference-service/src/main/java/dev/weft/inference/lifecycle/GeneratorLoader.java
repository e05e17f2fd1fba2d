package dev.weft.inference.lifecycle;

import dev.weft.inference.backend.DecoderBackend;
import dev.weft.inference.backend.onnxruntime.OnnxDecoder;
import dev.weft.inference.backend.onnxruntime.OnnxSettings;
import dev.weft.inference.device.CpuInfo;
import dev.weft.inference.device.Device;
import dev.weft.inference.generation.GenerationEngine.Limits;
import dev.weft.inference.generation.TextGenerator;
import dev.weft.inference.modelpackage.ModelPackage;
import dev.weft.inference.modelpackage.Task.TextGeneration;
import dev.weft.inference.tensor.DataType;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import dev.weft.kit.time.Deadline;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.virtual.threads.VirtualThreads;
import jakarta.inject.Singleton;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import org.jboss.logging.Logger;

/** Makes a {@link RequestModel} of a decoder's package. Stateless; a load that fails leaves nothing behind. */
@Singleton
final class GeneratorLoader {

    private static final Logger LOG = Logger.getLogger(GeneratorLoader.class);

    /** For two tokens; a model that needs longer would answer nobody in time. */
    private static final Duration WARM_UP = Duration.ofMinutes(2);

    private final GenerationConfig config;
    private final MeterRegistry meters;
    private final Device device;
    private final ExecutorService executor;

    GeneratorLoader(
            GenerationConfig config,
            DeviceSelection selection,
            MeterRegistry meters,
            @VirtualThreads ExecutorService executor) {
        this.device = selection.device();
        this.executor = executor;
        this.config = config;
        this.meters = meters;
    }

    /**
     * Loads and warms up; blocks for as long as that takes.
     *
     * @throws dev.weft.kit.error.Failure.FailedPrecondition when the package is malformed; says which file, and how
     */
    ServedModel load(ModelPackage source, TextGeneration task) {
        int threads = source.tuning()
                .threads()
                .orElse(config.threads().orElse(CpuInfo.read().cores()));
        long weightBytes = source.weightBytes(); // first: nobody says that the files are still there afterwards
        Limits limits =
                new Limits(config.sequences(), config.cacheTokens(), config.queueCapacity(), config.prefillTokens());
        DecoderBackend backend =
                OnnxDecoder.open(source.graph().orElseThrow(), new OnnxSettings(device, threads, List.of()));
        GenerationMetrics metrics;
        TextGenerator generator;
        try {
            metrics = new GenerationMetrics(meters, source.id());
            generator = TextGenerator.open(source, task, backend, limits, config.maxTokens(), metrics);
        } catch (Throwable e) {
            // Whatever it is: what is not closed now never is.
            backend.close();
            throw e;
        }
        try {
            warmUp(generator);
        } catch (Throwable e) {
            if (!generator.close(WARM_UP)) {
                LOG.errorf("model %s: the warm-up does not end; its memory stays taken", source.id());
            }
            throw e;
        }
        metrics.serve(generator.engine());
        LOG.infof(
                "model %s: KV caches take up to %d MiB, twice that while a step computes",
                source.id(), (backend.cacheBytesPerToken() * limits.cacheTokens()) >> 20);
        return new RequestModel(source, weightBytes, generator, metrics.requests(), metrics::close, executor);
    }

    /** The first step allocates ONNX Runtime's arena and finds a graph that does not do what its package promises. */
    private static void warmUp(TextGenerator generator) {
        ByteBuffer tokens = ByteBuffer.allocate(2 * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        Tensor prompt = new Tensor.Numbers(TextGenerator.TOKEN_IDS, DataType.INT64, Shape.of(2), tokens);
        generator.answer(List.of(prompt), Map.of("max_tokens", 1L), Deadline.after(WARM_UP));
    }
}
