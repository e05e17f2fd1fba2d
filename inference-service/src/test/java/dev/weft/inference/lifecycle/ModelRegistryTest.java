package dev.weft.inference.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.inference.batching.Priority;
import dev.weft.inference.modelpackage.ModelId;
import dev.weft.inference.tensor.DataType;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.TensorSpec;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.time.Deadline;
import dev.weft.testkit.OnnxGraph;
import dev.weft.testkit.OnnxGraph.Element;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.config.MeterFilter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Packages that come, change, go and break, beside each other. */
class ModelRegistryTest {

    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir
    private Path folder;

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final CountDownLatch gate = new CountDownLatch(1);
    private CompletableFuture<Answer> waiting = new CompletableFuture<>();
    private EngineFixture engine = new EngineFixture(Path.of("none"), threads, Map.of());

    private ModelRegistry start(Map<String, String> settings) {
        engine = new EngineFixture(folder.resolve("models"), threads, settings);
        return engine.registry;
    }

    @AfterEach
    void close() {
        gate.countDown();
        engine.registry.close();
        threads.close();
    }

    private Path model(String name) {
        return folder.resolve("models").resolve(name);
    }

    private static ModelId id(String name) {
        return new ModelId(name, 1);
    }

    private static List<String> outputs(ModelRegistry registry, String name) {
        return registry.resolve(name, "").outputs().stream()
                .map(TensorSpec::name)
                .toList();
    }

    /** What a scheduler does: a package is loaded when it has stood still between two looks. */
    private static void lookTwice(ModelRegistry registry) {
        registry.follow();
        registry.follow();
    }

    // The repository

    @Test
    void packageThatCannotBeReadDoesNotKeepOthersFromBeingFollowed() throws IOException {
        ModelRegistry registry = start(Map.of());
        registry.start();
        OnnxGraph.write(OnnxGraph.twoOutputs(), model("good"));
        Files.createDirectories(model("broken"));
        Files.createSymbolicLink(model("broken").resolve("README.md"), folder.resolve("nowhere"));

        lookTwice(registry);

        assertThat(registry.index().get(id("good"))).isInstanceOf(ModelState.Ready.class);
    }

    @Test
    void modelFolderThatIsALinkIsFollowedToWhereItLeads() throws IOException {
        OnnxGraph.write(OnnxGraph.twoOutputs(), folder.resolve("first"));
        OnnxGraph.write(OnnxGraph.identity(Element.FLOAT, 2), folder.resolve("second"));
        Files.createDirectories(folder.resolve("models"));
        Files.createSymbolicLink(model("linked"), folder.resolve("first"));
        ModelRegistry registry = start(Map.of());
        registry.start();
        registry.follow();
        assertThat(outputs(registry, "linked")).containsExactly("DOUBLE", "NEGATIVE");

        Files.delete(model("linked"));
        Files.createSymbolicLink(model("linked"), folder.resolve("second"));
        lookTwice(registry);

        assertThat(outputs(registry, "linked")).containsExactly("Y");
    }

    private static ModelState.Cause cause(ModelRegistry registry, String name) {
        if (registry.index().get(id(name)) instanceof ModelState.Unavailable(ModelState.Cause cause, String _)) {
            return cause;
        }
        throw new AssertionError(name + " is " + registry.index().get(id(name)));
    }

    @Test
    void modelsAreLoadedOnlyWhenSomebodySaysSo() {
        OnnxGraph.write(OnnxGraph.twoOutputs(), model("first"));
        ModelRegistry registry = start(Map.of("load-at-start", "none"));
        registry.start();
        assertThat(registry.isReady()).isTrue();
        assertThat(cause(registry, "first")).isEqualTo(ModelState.Cause.NOT_NEEDED);

        OnnxGraph.write(OnnxGraph.twoOutputs(), model("later"));
        lookTwice(registry);
        assertThat(cause(registry, "later")).isEqualTo(ModelState.Cause.NOT_NEEDED);

        registry.load("later");
        assertThat(registry.index().get(id("later"))).isInstanceOf(ModelState.Ready.class);
        lookTwice(registry);
        assertThat(registry.index().get(id("later"))).isInstanceOf(ModelState.Ready.class);
        assertThat(cause(registry, "first")).isEqualTo(ModelState.Cause.NOT_NEEDED);
    }

    @Test
    void modelThatSomebodyUnloadedIsNotOneThatHadToGo() {
        OnnxGraph.write(OnnxGraph.twoOutputs(), model("told"));
        OnnxGraph.write(OnnxGraph.twoOutputs(), model("evicted"));
        ModelRegistry registry = start(Map.of("load-at-start", "none", "memory-budget", "1"));
        registry.start();
        assertThatThrownBy(() -> registry.load("evicted")).isInstanceOf(FailedPrecondition.class);
        registry.unload("told");

        assertThat(cause(registry, "evicted")).as("room may come").isEqualTo(ModelState.Cause.NOT_NEEDED);
        assertThat(cause(registry, "told")).isEqualTo(ModelState.Cause.UNLOADED);
    }

    // Loads that fail

    /** Does something when a model's meters are made, which is in the middle of its load. */
    private void inTheMiddleOfLoading(String name, Consumer<String> work) {
        engine.meters.config().meterFilter(new MeterFilter() {
            @Override
            public Meter.Id map(Meter.Id meter) {
                if (name.equals(meter.getTag("model"))) {
                    work.accept(name);
                }
                return meter;
            }
        });
    }

    @Test
    void errorInOneLoadSparesTheOthers() {
        OnnxGraph.write(OnnxGraph.twoOutputs(), model("a-faulty"));
        OnnxGraph.write(OnnxGraph.twoOutputs(), model("good"));
        ModelRegistry registry = start(Map.of());
        inTheMiddleOfLoading("a-faulty", _ -> {
            throw new StackOverflowError("injected");
        });

        registry.start();

        assertThat(registry.index().get(id("a-faulty"))).isInstanceOf(ModelState.Unavailable.class);
        assertThat(registry.index().get(id("good"))).isInstanceOf(ModelState.Ready.class);
    }

    @Test
    void packageThatVanishesWhileItIsLoadedLeavesNothingBehind() {
        OnnxGraph.write(OnnxGraph.twoOutputs(), model("vanishing"));
        ModelRegistry registry = start(Map.of());
        inTheMiddleOfLoading("vanishing", name -> deleteGraph(model(name)));

        registry.start();
        boolean loaded = registry.index().get(id("vanishing")) instanceof ModelState.Ready;
        registry.close();

        assertThat(loaded).isTrue();
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .noneMatch(name -> name.startsWith("session-vanishing:1"));
    }

    private static void deleteGraph(Path model) {
        try {
            Files.deleteIfExists(model.resolve("onnx/model.onnx"));
            Files.deleteIfExists(model.resolve("onnx"));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    // Models that leave

    private static InferenceRequest numbers(Duration timeout) {
        Tensor input = new Tensor.Numbers("X", DataType.FP32, Shape.of(1, 2), ByteBuffer.allocate(8));
        return new InferenceRequest(
                List.of(input), List.of(), false, Priority.INTERACTIVE, Deadline.after(timeout), Map.of());
    }

    private InferenceRequest afterTheGate() {
        try {
            assertThat(gate.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return numbers(LONG);
    }

    /** Loads "leaving", has its one session occupied until the gate opens, and has it retired meanwhile. */
    private ModelRegistry leaving(Map<String, String> settings, Duration timeoutOfNext) throws IOException {
        OnnxGraph.write(OnnxGraph.twoOutputs(), model("leaving"));
        Files.writeString(model("leaving").resolve("weft.json"), "{\"sessions\": 1}");
        ModelRegistry registry = start(settings);
        registry.start();
        await().until(() -> {
            CompletableFuture<Boolean> onSession = new CompletableFuture<>();
            CompletableFuture<Answer> _ = registry.infer(
                    "leaving",
                    "",
                    () -> {
                        boolean session = Thread.currentThread().getName().startsWith("session-");
                        onSession.complete(session);
                        return session ? afterTheGate() : numbers(LONG);
                    },
                    1);
            return onSession.get(30, TimeUnit.SECONDS);
        });
        waiting = registry.infer("leaving", "", () -> numbers(timeoutOfNext), 1);
        CompletableFuture<Void> _ = CompletableFuture.runAsync(() -> registry.unload("leaving"), threads);
        await().until(() -> registry.index().get(id("leaving")) instanceof ModelState.Unloading
                || registry.index().get(id("leaving")) instanceof ModelState.Unavailable);
        return registry;
    }

    @Test
    void requestThatWaitsForALeavingModelLearnsOfItsDeadline() throws IOException {
        ModelRegistry registry = leaving(Map.of(), Duration.ofMillis(200));

        await().untilAsserted(() -> {
            registry.expire();
            assertThat(waiting)
                    .isCompletedExceptionally()
                    .failsWithin(Duration.ZERO)
                    .withThrowableThat()
                    .withCauseInstanceOf(DeadlineExceeded.class);
        });
    }

    @Test
    void processIsNotIdleWhileALeavingModelHasRequests() throws IOException {
        ModelRegistry registry = leaving(Map.of(), LONG);

        assertThat(registry.isIdle()).isFalse();
        gate.countDown();

        assertThat(waiting).succeedsWithin(LONG);
        await().until(registry::isIdle);
    }

    @Test
    void memoryOfALeavingModelIsNotGivenToAnother() throws IOException {
        long bytes = OnnxGraph.twoOutputs().length;
        ModelRegistry registry =
                leaving(Map.of("unload-timeout", "10ms", "memory-budget", Long.toString(bytes + bytes / 2)), LONG);
        OnnxGraph.write(OnnxGraph.twoOutputs(), model("next"));

        assertThatThrownBy(() -> registry.load("next"))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining(bytes + " of " + (bytes + bytes / 2) + " are taken");
        gate.countDown();

        await().ignoreExceptionsInstanceOf(FailedPrecondition.class).until(() -> {
            registry.load("next");
            return true;
        });
    }
}
