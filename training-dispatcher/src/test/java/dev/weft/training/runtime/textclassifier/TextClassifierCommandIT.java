package dev.weft.training.runtime.textclassifier;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.training.fixtures.BundledEncoder;
import dev.weft.training.fixtures.OnnxModel;
import dev.weft.training.fixtures.ScriptedInference;
import dev.weft.training.runtime.JobFile;
import dev.weft.training.runtime.RuntimeEvent;
import dev.weft.training.runtime.RuntimeExit;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged program, as a backend starts it: the JARs, or the native executable with {@code -Pnative}. */
class TextClassifierCommandIT {

    private static final Path EXAMPLES = Path.of("../deploy/examples/banking-intents");

    @TempDir
    private Path folder;

    private String deadlineSeconds = "120";

    private final BundledEncoder encoder = new BundledEncoder();
    private final ScriptedInference inference = new ScriptedInference(this::vector);

    @AfterEach
    void close() {
        inference.close();
        encoder.close();
    }

    private float[] vector(String text) {
        synchronized (encoder) {
            return encoder.embed(text);
        }
    }

    private record Run(RuntimeExit exit, List<RuntimeEvent> events) {}

    private Run run(ObjectNode parameters, String train) throws IOException, InterruptedException {
        Files.createDirectories(folder.resolve("data"));
        Files.writeString(folder.resolve("data/train.csv"), train);
        Files.copy(EXAMPLES.resolve("held-out.csv"), folder.resolve("data/held-out.csv"));
        new JobFile(
                        parameters,
                        train.contains("pin_change")
                                ? Map.of("train", "data/train.csv", "held_out", "data/held-out.csv")
                                : Map.of("train", "data/train.csv"),
                        Map.of(
                                TextClassifierCommand.INFERENCE, inference.target(),
                                TextClassifierCommand.ENCODER, BundledEncoder.FOLDER.toString(),
                                TextClassifierCommand.DEADLINE_SECONDS, deadlineSeconds),
                        "output")
                .write(folder);
        List<String> command = new ArrayList<>(program());
        command.addAll(List.of(TextClassifierCommand.MODE, folder.toString()));
        Path out = folder.resolve("out.log");
        Process process = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(folder.resolve("err.log").toFile())
                .start();
        try {
            assertThat(process.waitFor(150, TimeUnit.SECONDS))
                    .as(Files.readString(out))
                    .isTrue();
            return new Run(
                    RuntimeExit.of(process.exitValue()),
                    Files.readAllLines(out).stream().map(RuntimeEvent::parse).toList());
        } finally {
            process.destroyForcibly();
        }
    }

    private static List<String> program() {
        if (Boolean.getBoolean("weft.native")) {
            return List.of(System.getProperty("native.image.path"));
        }
        String java = ProcessHandle.current().info().command().orElseThrow();
        return List.of(java, "-Xmx512m", "-jar", "target/quarkus-app/quarkus-run.jar");
    }

    private static ObjectNode parameters() {
        return JsonNodeFactory.instance.objectNode();
    }

    @Test
    void jobEndsWithAPackageThatAnswers() throws IOException, InterruptedException {
        inference.fail(Status.UNAVAILABLE.asRuntimeException());

        Run run = run(parameters(), Files.readString(EXAMPLES.resolve("train.csv")));

        assertThat(run.exit()).as(run.events().toString()).isEqualTo(RuntimeExit.SUCCESS);
        assertThat(run.events()).noneMatch(RuntimeEvent.Log.class::isInstance);
        assertThat(run.events().getLast()).isInstanceOfSatisfying(RuntimeEvent.Result.class, result -> assertThat(
                        result.metrics().get("accuracy"))
                .isGreaterThanOrEqualTo(0.90));
        try (OnnxModel classifier = new OnnxModel(folder.resolve("output/package"), "onnx/model.onnx")) {
            assertThat(((float[][]) classifier.run("my card was stolen"))[0]).hasSize(13);
        }
    }

    @Test
    void unreadableDataEndTheJobForGood() throws IOException, InterruptedException {
        Run run = run(parameters(), "text,label\na,x\nb,\"y\n");

        assertThat(run.exit()).isEqualTo(RuntimeExit.BAD_INPUT);
        assertThat(run.events())
                .containsExactly(new RuntimeEvent.Failed("train.csv: line 3, column 3: a quote that is never closed"));
        assertThat(folder.resolve("output")).doesNotExist();
    }

    @Test
    void parameterOutOfRangeEndsTheJobForGood() throws IOException, InterruptedException {
        Run run = run(parameters().put("epochs", 0), "text,label\na,x\nb,y\n");

        assertThat(run.exit()).isEqualTo(RuntimeExit.BAD_INPUT);
        assertThat(run.events().getLast().line()).contains("parameter epochs: 0");
    }

    @Test
    void serviceThatIsAwayIsWorthAnotherAttempt() throws IOException, InterruptedException {
        inference.close();
        deadlineSeconds = "3";

        Run run = run(parameters(), "text,label\na,x\nb,x\nc,y\nd,y\n");

        assertThat(run.exit()).isEqualTo(RuntimeExit.TEMPORARY);
        assertThat(run.events().getLast()).isInstanceOf(RuntimeEvent.Failed.class);
        assertThat(folder.resolve("output")).doesNotExist();
    }
}
