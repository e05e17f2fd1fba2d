package dev.weft.training.runtime.textclassifier;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.training.runtime.textclassifier.data.Dataset;
import dev.weft.training.runtime.textclassifier.data.Split;
import dev.weft.training.runtime.textclassifier.head.Evaluation;
import dev.weft.training.runtime.textclassifier.head.HeadTrainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All figures of one training.
 *
 * @param parameters of the job
 * @param data that was learned
 * @param split of it
 * @param trained what came out
 * @param validation on what decided when to stop, and so a little better than it will be
 * @param heldOut on the file that was held out, if there is one
 */
record Report(
        ObjectNode parameters,
        Dataset data,
        Split split,
        HeadTrainer.Trained trained,
        Evaluation validation,
        Optional<Evaluation> heldOut) {

    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /** By which versions are compared: of the held-out file, or else of the validation set. */
    Map<String, Double> metrics() {
        Evaluation evaluation = heldOut.orElse(validation);
        return Map.of(
                "accuracy", evaluation.accuracy(),
                "macro_f1", evaluation.macroF1(),
                "log_loss", evaluation.logLoss(),
                "calibration_error", evaluation.calibrationError());
    }

    void write(Path file) throws IOException {
        ObjectNode root = JSON.createObjectNode();
        root.set("parameters", parameters);
        ObjectNode found = root.putObject("data");
        found.put("rows", data.findings().rows());
        found.put("duplicates", data.findings().duplicates());
        data.findings().contradictions().forEach(found.putArray("contradictions")::add);
        found.put("training", split.training().size());
        found.put("validation", split.validation().size());
        root.putObject("training")
                .put("epochs", trained.epochs())
                .put("best_epoch", trained.bestEpoch())
                .put("temperature", trained.temperature());
        root.set("validation", json(validation, data.labels()));
        heldOut.ifPresent(evaluation -> root.set("held_out", json(evaluation, data.labels())));
        Files.write(file, JSON.writeValueAsBytes(root));
    }

    private static ObjectNode json(Evaluation evaluation, List<String> labels) {
        ObjectNode json = JSON.createObjectNode();
        json.put(
                "examples",
                evaluation.perLabel().stream()
                        .mapToInt(Evaluation.LabelFigures::support)
                        .sum());
        json.put("accuracy", evaluation.accuracy());
        json.put("macro_f1", evaluation.macroF1());
        json.put("log_loss", evaluation.logLoss());
        json.put("calibration_error", evaluation.calibrationError());
        ObjectNode perLabel = json.putObject("labels");
        for (int label = 0; label < labels.size(); label++) {
            Evaluation.LabelFigures figures = evaluation.perLabel().get(label);
            perLabel.putObject(labels.get(label))
                    .put("precision", figures.precision())
                    .put("recall", figures.recall())
                    .put("f1", figures.f1())
                    .put("support", figures.support());
        }
        ObjectNode confusion = json.putObject("confusion");
        labels.forEach(confusion.putArray("labels")::add);
        ArrayNode rows = confusion.putArray("counts");
        for (int[] counts : evaluation.confusion()) {
            ArrayNode row = rows.addArray();
            for (int count : counts) {
                row.add(count);
            }
        }
        return json;
    }
}
