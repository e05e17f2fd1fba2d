package dev.weft.inference.pipeline;

import dev.weft.inference.modelpackage.Task;
import dev.weft.inference.tensor.DataType;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.TensorSpec;
import java.util.List;

/** One score per label: outputs LABEL, BYTES [rows], the best; and SCORES, FP32 [rows, labels], in the labels' order. */
record ClassificationHead(TensorSpec source, List<String> labels, Task.Activation activation) implements Head {

    static ClassificationHead of(Task.TextClassification task, List<TensorSpec> graphOutputs) {
        TensorSpec source = Head.requireLogits(graphOutputs, 2, task.labels().size());
        return new ClassificationHead(source, task.labels(), task.activation());
    }

    @Override
    public Shape shape(int rows, int width) {
        return Shape.of(rows, labels.size());
    }

    @Override
    public float[] read(RunOutput output, int row, int width, TokenizedText text) {
        float[] scores = output.floats(row * labels.size(), labels.size());
        switch (activation) {
            case SOFTMAX -> Head.softmax(scores, 0, scores.length);
            case SIGMOID -> {
                for (int label = 0; label < scores.length; label++) {
                    scores[label] = Head.sigmoid(scores[label]);
                }
            }
            case NONE -> {}
        }
        return scores;
    }

    @Override
    public List<TensorSpec> specs() {
        return List.of(
                new TensorSpec("LABEL", DataType.BYTES, List.of(-1L)),
                new TensorSpec("SCORES", DataType.FP32, List.of(-1L, (long) labels.size())));
    }

    @Override
    public List<Tensor> tensors(List<TextRow> rows) {
        return List.of(
                Head.strings("LABEL", rows, row -> labels.get(Head.best(row.result(), 0, labels.size()))),
                Head.floats("SCORES", rows, labels.size()));
    }
}
