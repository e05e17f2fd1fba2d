package dev.weft.inference.pipeline;

import dev.weft.inference.modelpackage.Task;
import dev.weft.inference.tensor.DataType;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.TensorSpec;
import dev.weft.kit.error.Failure.FailedPrecondition;
import java.util.List;

/** One vector per text: output EMBEDDING, FP32 [rows, dim]. */
record EmbeddingHead(TensorSpec source, int dim, Task.Pooling pooling, boolean normalize) implements Head {

    static EmbeddingHead of(Task.SentenceEmbedding task, List<TensorSpec> graphOutputs) {
        TensorSpec source = graphOutputs.stream()
                .filter(output -> output.name().equals("sentence_embedding"))
                .findFirst()
                .or(() -> graphOutputs.stream()
                        .filter(output -> output.dims().size() == 3)
                        .findFirst())
                .orElseThrow(() -> new FailedPrecondition(
                        "graph: outputs " + graphOutputs + " (expected: one of [batch, tokens, dim])"));
        int dim = Math.toIntExact(source.dims().getLast());
        if (dim < 1) {
            throw new FailedPrecondition("graph: output '" + source.name() + "' has shape " + source.dims()
                    + " (expected: a fixed last dimension)");
        }
        return new EmbeddingHead(source, dim, task.pooling(), task.normalize());
    }

    /** True when the graph itself makes one vector of the tokens'. */
    private boolean isPooled() {
        return source.dims().size() == 2;
    }

    @Override
    public Shape shape(int rows, int width) {
        return isPooled() ? Shape.of(rows, dim) : Shape.of(rows, width, dim);
    }

    @Override
    public float[] read(RunOutput output, int row, int width, TokenizedText text) {
        int start = isPooled() ? row * dim : row * width * dim;
        float[] vector =
                switch (isPooled() ? Task.Pooling.CLS : pooling) {
                    case CLS -> output.floats(start, dim);
                    case LAST_TOKEN -> output.floats(start + (text.length() - 1) * dim, dim);
                    case MEAN -> mean(output.floats(start, text.length() * dim), text.length());
                };
        if (normalize) {
            normalize(vector);
        }
        return vector;
    }

    private float[] mean(float[] tokens, int count) {
        float[] mean = new float[dim];
        for (int token = 0; token < count; token++) {
            for (int d = 0; d < dim; d++) {
                mean[d] += tokens[token * dim + d];
            }
        }
        for (int d = 0; d < dim; d++) {
            mean[d] /= count;
        }
        return mean;
    }

    private static void normalize(float[] vector) {
        double sum = 0;
        for (float value : vector) {
            sum += (double) value * value;
        }
        float factor = (float) (1 / Math.max(Math.sqrt(sum), 1e-12));
        for (int d = 0; d < vector.length; d++) {
            vector[d] *= factor;
        }
    }

    @Override
    public List<TensorSpec> specs() {
        return List.of(new TensorSpec("EMBEDDING", DataType.FP32, List.of(-1L, (long) dim)));
    }

    @Override
    public List<Tensor> tensors(List<TextRow> rows) {
        return List.of(Head.floats("EMBEDDING", rows, dim));
    }
}
