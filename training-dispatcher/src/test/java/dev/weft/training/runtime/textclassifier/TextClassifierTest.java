package dev.weft.training.runtime.textclassifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.kit.time.Deadline;
import dev.weft.store.PackageFolder;
import dev.weft.training.fixtures.BundledEncoder;
import dev.weft.training.fixtures.OnnxModel;
import dev.weft.training.runtime.JobFile;
import dev.weft.training.runtime.RuntimeEvent;
import dev.weft.training.runtime.RuntimeEvent.Metric;
import dev.weft.training.runtime.RuntimeEvent.Progress;
import dev.weft.training.runtime.RuntimeEvent.Result;
import dev.weft.training.runtime.textclassifier.data.DataFile;
import dev.weft.training.runtime.textclassifier.data.LabelledText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way on the example data set, with vectors of the bundled model. */
class TextClassifierTest {

    private static final Path EXAMPLES = Path.of("../deploy/examples/banking-intents");
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    private final List<RuntimeEvent> events = new ArrayList<>();

    private Path train(String name) throws IOException {
        Path job = folder.resolve(name);
        Files.createDirectories(job.resolve("data"));
        Files.copy(EXAMPLES.resolve("train.csv"), job.resolve("data/train.csv"));
        Files.copy(EXAMPLES.resolve("held-out.csv"), job.resolve("data/held-out.csv"));
        ObjectNode parameters = JSON.createObjectNode().put("seed", 3);
        JobFile file = new JobFile(
                parameters,
                Map.of("train", "data/train.csv", "held_out", "data/held-out.csv"),
                Map.of("encoder", BundledEncoder.FOLDER.toString()),
                "output");
        try (BundledEncoder encoder = new BundledEncoder()) {
            new TextClassifier(job, file, events::add, Deadline.after(Duration.ofMinutes(2))).run(encoder);
        }
        return job.resolve("output");
    }

    @Test
    void plainOnnxRuntimeGivesTheFiguresThatTheReportTells() throws IOException {
        Path output = train("job");

        JsonNode report = JSON.readTree(output.resolve("report.json").toFile());
        JsonNode config = JSON.readTree(output.resolve("package/config.json").toFile());
        List<LabelledText> heldOut =
                DataFile.read(EXAMPLES.resolve("held-out.csv"), new DataFile.Columns("text", "label"));
        int right = 0;
        double loss = 0;
        try (OnnxModel classifier = new OnnxModel(output.resolve("package"), "onnx/model.onnx")) {
            assertThat(classifier.outputs()).containsExactly("logits");
            for (LabelledText example : heldOut) {
                float[] logits = ((float[][]) classifier.run(example.text()))[0];
                int label = config.path("label2id").path(example.label()).intValue();
                int best = best(logits);
                right += best == label ? 1 : 0;
                loss -= Math.log(probability(logits, label)) / heldOut.size();
                assertThat(config.path("id2label").path(Integer.toString(best)).textValue())
                        .isNotNull();
            }
        }

        double accuracy = report.path("held_out").path("accuracy").doubleValue();
        System.out.printf(
                "held out: accuracy %.4f, macro F1 %.4f, log loss %.4f, calibration error %.4f%n",
                accuracy,
                report.path("held_out").path("macro_f1").doubleValue(),
                report.path("held_out").path("log_loss").doubleValue(),
                report.path("held_out").path("calibration_error").doubleValue());
        assertThat(accuracy).isGreaterThanOrEqualTo(0.90);
        assertThat((double) right / heldOut.size()).isCloseTo(accuracy, within(1e-9));
        assertThat(loss).isCloseTo(report.path("held_out").path("log_loss").doubleValue(), within(1e-3));
    }

    @Test
    void eventsTellTheWay() throws IOException {
        train("job");

        List<Double> percents = events.stream()
                .filter(Progress.class::isInstance)
                .map(event -> ((Progress) event).percent())
                .toList();
        assertThat(percents).isSorted().endsWith(100.0);
        assertThat(events)
                .filteredOn(Metric.class::isInstance)
                .extracting(event -> ((Metric) event).name())
                .contains("loss", "validation_loss", "validation_accuracy");
        assertThat(events.getLast()).isInstanceOfSatisfying(Result.class, result -> {
            assertThat(result.modelPackage()).isEqualTo("package");
            assertThat(result.metrics()).containsOnlyKeys("accuracy", "macro_f1", "log_loss", "calibration_error");
        });
    }

    @Test
    void sameDataAndSeedGiveTheSameBytes() throws IOException {
        Path first = train("first");
        Path second = train("second");

        Deadline deadline = Deadline.after(Duration.ofSeconds(30));
        assertThat(new PackageFolder(second.resolve("package")).manifest(1 << 30, deadline))
                .isEqualTo(new PackageFolder(first.resolve("package")).manifest(1 << 30, deadline));
        assertThat(second.resolve("report.json")).hasSameBinaryContentAs(first.resolve("report.json"));
    }

    private static int best(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            best = logits[i] > logits[best] ? i : best;
        }
        return best;
    }

    private static double probability(float[] logits, int label) {
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - logits[label]);
        }
        return 1 / sum;
    }
}
