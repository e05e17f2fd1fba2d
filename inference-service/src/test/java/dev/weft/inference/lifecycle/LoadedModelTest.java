package dev.weft.inference.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.inference.batching.Priority;
import dev.weft.inference.fixtures.TestPackages;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.v2.TestRepository;
import dev.weft.kit.error.Failure;
import dev.weft.kit.time.Deadline;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.AbstractList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever becomes of a request, it is answered, and its model knows when it has left. */
// Inside of Quarkus, as the other tests are that tokenise: a process loads the native library once.
@QuarkusTest
@QuarkusTestResource(TestRepository.class)
class LoadedModelTest {

    private static final Duration LONG = Duration.ofSeconds(30);

    /** Bytes of a request that no session prepares itself. */
    private static final long LARGE = 1 << 20;

    @TempDir
    private Path models;

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    @AfterEach
    void close() {
        threads.close();
    }

    private ServedModel intent(Map<String, String> settings) {
        TestPackages.writeAll(models);
        return new EngineFixture(models, threads, settings).load(models.resolve("intent"));
    }

    private static InferenceRequest request(List<String> outputs, List<String> texts) {
        Tensor text = new Tensor.Strings(
                "TEXT",
                Shape.of(texts.size()),
                texts.stream()
                        .map(each -> each.getBytes(StandardCharsets.UTF_8))
                        .toList());
        return new InferenceRequest(List.of(text), outputs, true, Priority.INTERACTIVE, Deadline.after(LONG), Map.of());
    }

    private static Supplier<InferenceRequest> asking(String... texts) {
        return () -> request(List.of(), List.of(texts));
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The tokenizer is native memory: freed under a thread that tokenises, it takes the process with it. */
    @Test
    void modelIsNotFreedWhileARequestIsPreparedWhoseClientHasGone() {
        ServedModel model = intent(Map.of());
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch gate = new CountDownLatch(1);
        CompletableFuture<Answer> answer = model.infer(
                        () -> {
                            begun.countDown();
                            await(gate);
                            return request(List.of(), List.of("card"));
                        },
                        LARGE)
                .orElseThrow();
        await(begun);

        answer.cancel(false);

        assertThat(model.inFlight().retire(Duration.ofMillis(100))).as("freed").isFalse();
        gate.countDown();

        Awaitility.await().until(model.inFlight()::isFreed);
    }

    /** Names that can be checked, and not be read when the answer is written: what memory that runs out looks like. */
    private static final class FailingNames extends AbstractList<String> {
        @Override
        public String get(int index) {
            return "SCORES";
        }

        @Override
        public int size() {
            return 1;
        }

        @Override
        public Stream<String> stream() {
            throw new OutOfMemoryError("injected");
        }
    }

    @Test
    void answerThatCannotBeWrittenFailsItsRequestAndNoOther() {
        ServedModel model = intent(Map.of());

        CompletableFuture<Answer> failed = model.infer(() -> request(new FailingNames(), List.of("card")), 1)
                .orElseThrow();

        assertThat(failed).failsWithin(LONG).withThrowableThat().withCauseInstanceOf(Failure.Internal.class);
        Awaitility.await().until(model.inFlight()::isEmpty);
        assertThat(model.infer(asking("card"), 1).orElseThrow()).succeedsWithin(LONG);
    }

    @Test
    void requestOfMoreTextsThanMayWaitIsAnswered() {
        ServedModel model = intent(Map.of("queue-rows", "16"));

        assertThat(model.infer(() -> request(List.of(), Collections.nCopies(100, "card")), LARGE)
                        .orElseThrow())
                .succeedsWithin(LONG);
    }

    @Test
    void requestThatNoThreadTakesLeavesItsModel() {
        ServedModel model = intent(Map.of());
        threads.close();

        assertThat(model.infer(asking("card"), LARGE).orElseThrow())
                .failsWithin(LONG)
                .withThrowableThat()
                .withCauseInstanceOf(Failure.Unavailable.class);
        assertThat(model.inFlight().isEmpty()).isTrue();
    }
}
