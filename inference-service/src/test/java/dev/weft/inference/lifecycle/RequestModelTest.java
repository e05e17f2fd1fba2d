package dev.weft.inference.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.inference.backend.DecoderBackend;
import dev.weft.inference.backend.onnxruntime.OnnxDecoder;
import dev.weft.inference.backend.onnxruntime.OnnxSettings;
import dev.weft.inference.batching.Priority;
import dev.weft.inference.device.Device;
import dev.weft.inference.generation.GenerationEngine.Limits;
import dev.weft.inference.generation.TextGenerator;
import dev.weft.inference.modelpackage.ModelId;
import dev.weft.inference.modelpackage.ModelPackage;
import dev.weft.inference.modelpackage.ModelPackageReader;
import dev.weft.inference.modelpackage.Task.TextGeneration;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.v2.TestRepository;
import dev.weft.kit.time.Deadline;
import dev.weft.testkit.TinyDecoder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a model owes to those that wait for its end: each request that was counted in is counted out. */
@QuarkusTest // whose class loader has the native tokenizers already: a process loads them once
@QuarkusTestResource(TestRepository.class)
class RequestModelTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    private Path folder;

    @Test
    void requestThatIsCancelledBeforeItsThreadRunsDoesNotKeepTheModel() {
        Queue<Runnable> late = new ArrayDeque<>();
        RequestModel model = load(late::add);
        CompletableFuture<Answer> answer = model.infer(this::request, 10).orElseThrow();

        answer.cancel(false);
        late.forEach(Runnable::run);

        assertThat(model.inFlight().isEmpty()).as("nobody is in flight").isTrue();
        assertThat(model.inFlight().retire(PATIENCE)).as("it is freed").isTrue();
    }

    @Test
    void requestThatGetsNoThreadDoesNotKeepTheModel() {
        RequestModel model = load(_ -> {
            throw new RejectedExecutionException("no threads any more");
        });

        assertThatThrownBy(() -> model.infer(this::request, 10)).isInstanceOf(RejectedExecutionException.class);

        assertThat(model.inFlight().retire(PATIENCE)).as("it is freed").isTrue();
    }

    @Test
    void answeredRequestDoesNotKeepTheModel() {
        RequestModel model = load(Runnable::run);

        assertThat(model.infer(this::request, 10).orElseThrow()).isCompleted();

        assertThat(model.inFlight().retire(PATIENCE)).as("it is freed").isTrue();
    }

    private InferenceRequest request() {
        Tensor prompt = new Tensor.Strings(
                TextGenerator.TEXT, Shape.of(1), List.of("Dear customer".getBytes(StandardCharsets.UTF_8)));
        return new InferenceRequest(
                List.of(prompt),
                List.of(),
                false,
                Priority.INTERACTIVE,
                Deadline.after(PATIENCE),
                Map.of("max_tokens", 3L));
    }

    private RequestModel load(Executor threads) {
        TinyDecoder.standard().writePackage(folder);
        ModelPackage source = ModelPackageReader.read(new ModelId("tiny", 1), folder, new Device.Cpu(2, true));
        DecoderBackend backend = OnnxDecoder.open(source.graph().orElseThrow(), OnnxSettings.stock());
        GenerationMetrics metrics = new GenerationMetrics(new SimpleMeterRegistry(), source.id());
        TextGenerator generator = TextGenerator.open(
                source, (TextGeneration) source.task(), backend, new Limits(4, 2_000, 100, 16), 8, metrics);
        return new RequestModel(source, source.weightBytes(), generator, metrics.requests(), metrics::close, threads);
    }
}
