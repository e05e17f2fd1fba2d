package dev.weft.inference.pipeline;

import dev.weft.inference.modelpackage.Task;
import dev.weft.inference.tensor.DataType;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.TensorSpec;
import java.util.List;

/** How well a text answers a query: output SCORE, FP32 [rows, 1]. */
record RerankingHead(TensorSpec source, Task.Activation activation) implements Head {

    static RerankingHead of(Task.Reranking task, List<TensorSpec> graphOutputs) {
        return new RerankingHead(Head.requireLogits(graphOutputs, 2, 1), task.activation());
    }

    @Override
    public Shape shape(int rows, int width) {
        return Shape.of(rows, 1);
    }

    @Override
    public float[] read(RunOutput output, int row, int width, TokenizedText text) {
        float[] score = output.floats(row, 1);
        switch (activation) {
            case SIGMOID -> score[0] = Head.sigmoid(score[0]);
            // One logit has nothing to share its probability with.
            case SOFTMAX, NONE -> {}
        }
        return score;
    }

    @Override
    public List<TensorSpec> specs() {
        return List.of(new TensorSpec("SCORE", DataType.FP32, List.of(-1L, 1L)));
    }

    @Override
    public List<Tensor> tensors(List<TextRow> rows) {
        return List.of(Head.floats("SCORE", rows, 1));
    }
}
