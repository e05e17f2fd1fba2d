package dev.weft.inference.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.inference.batching.Priority;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.v2.TestRepository;
import dev.weft.kit.time.Deadline;
import dev.weft.testkit.TinyDecoder;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

// Inside of Quarkus, as the other tests are that tokenise: a process loads the native library once.
@QuarkusTest
@QuarkusTestResource(TestRepository.class)
class LoadedGeneratorTest {

    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir
    private Path models;

    private static InferenceRequest request() {
        Tensor text = new Tensor.Strings("TEXT", Shape.of(1), List.of("hello".getBytes(StandardCharsets.UTF_8)));
        return new InferenceRequest(
                List.of(text), List.of(), false, Priority.INTERACTIVE, Deadline.after(LONG), Map.of());
    }

    @Test
    void generationThatIsGivenUpBeforeItBeginsLeavesItsModel() {
        TinyDecoder.standard().writePackage(models.resolve("tiny"));
        HeldThreads threads = new HeldThreads();
        ServedModel model = new EngineFixture(models, threads, Map.of()).load(models.resolve("tiny"));

        CompletableFuture<Answer> answer =
                model.infer(LoadedGeneratorTest::request, 1).orElseThrow();
        answer.cancel(false);
        threads.runAll();

        assertThat(model.inFlight().isEmpty()).isTrue();
        assertThat(model.inFlight().retire(LONG)).as("freed").isTrue();
    }
}
