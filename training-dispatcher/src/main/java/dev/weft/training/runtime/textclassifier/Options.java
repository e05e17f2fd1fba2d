package dev.weft.training.runtime.textclassifier;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.training.runtime.Parameter;
import dev.weft.training.runtime.ParameterType;
import dev.weft.training.runtime.ParameterType.Choice;
import dev.weft.training.runtime.ParameterType.Real;
import dev.weft.training.runtime.ParameterType.Text;
import dev.weft.training.runtime.ParameterType.Whole;
import dev.weft.training.runtime.Parameters;
import dev.weft.training.runtime.textclassifier.data.DataFile;
import dev.weft.training.runtime.textclassifier.head.HeadTrainer;
import java.util.List;
import java.util.Optional;

/**
 * What a job may choose, read.
 *
 * @param model embedding model, as the mesh calls it
 * @param variant graph of its package, without {@code .onnx}; empty for the one that a CPU takes
 * @param columns of the data files
 * @param validationShare of the training data
 * @param training of the head
 */
record Options(
        String model,
        Optional<String> variant,
        DataFile.Columns columns,
        double validationShare,
        HeadTrainer.Settings training) {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final String BALANCED = "balanced";

    /** JSON's numbers are exact up to here in every reader. */
    private static final long MOST_EXACT = (1L << 53) - 1;

    static final Parameters PARAMETERS = new Parameters(List.of(
            text("model", "embedding model that the mesh serves", 128, "all-minilm-l6-v2"),
            text("variant", "graph of its package without .onnx, where it is not the one that a CPU takes", 64, ""),
            text("text_column", "column or field of the texts", 128, "text"),
            text("label_column", "column or field of the labels", 128, "label"),
            real("validation_share", "share of the training data that decides when to stop", 0.01, 0.5, 0.15),
            whole("epochs", "times that all examples are seen, at most", 1, 10_000, 200),
            whole("patience", "epochs without a better validation loss before training stops", 1, 1_000, 10),
            whole("batch_size", "examples of one step", 1, 4_096, 32),
            real("learning_rate", "of AdaGrad", 1e-6, 10, 0.03),
            real("l2", "how much large weights cost", 0, 10, 0.01),
            new Parameter(
                    "class_weights",
                    "balanced: each label counts the same; none: each example does",
                    new Choice(List.of(BALANCED, "none")),
                    Optional.of(JSON.textNode(BALANCED))),
            whole("seed", "the same seed and data give the same model", 0, MOST_EXACT, 1)));

    private static Parameter text(String name, String description, int longest, String fallback) {
        return parameter(name, description, new Text(longest), JSON.textNode(fallback));
    }

    private static Parameter whole(String name, String description, long least, long most, long fallback) {
        return parameter(name, description, new Whole(least, most), JSON.numberNode(fallback));
    }

    private static Parameter real(String name, String description, double least, double most, double fallback) {
        return parameter(name, description, new Real(least, most), JSON.numberNode(fallback));
    }

    private static Parameter parameter(String name, String description, ParameterType type, JsonNode fallback) {
        return new Parameter(name, description, type, Optional.of(fallback));
    }

    /** Reads a job's parameters; those that it leaves out have their defaults. */
    static Options of(ObjectNode chosen) {
        ObjectNode all = PARAMETERS.complete(chosen);
        String variant = all.get("variant").textValue();
        return new Options(
                all.get("model").textValue(),
                variant.isEmpty() ? Optional.empty() : Optional.of(variant),
                new DataFile.Columns(
                        all.get("text_column").textValue(),
                        all.get("label_column").textValue()),
                all.get("validation_share").doubleValue(),
                new HeadTrainer.Settings(
                        all.get("epochs").intValue(),
                        all.get("patience").intValue(),
                        all.get("batch_size").intValue(),
                        all.get("learning_rate").doubleValue(),
                        all.get("l2").doubleValue(),
                        all.get("class_weights").textValue().equals(BALANCED),
                        all.get("seed").longValue()));
    }
}
