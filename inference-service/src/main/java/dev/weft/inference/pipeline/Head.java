package dev.weft.inference.pipeline;

import dev.weft.inference.modelpackage.Task;
import dev.weft.inference.tensor.DataType;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.TensorSpec;
import dev.weft.kit.error.Failure.FailedPrecondition;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What a text model does with its graph's output: one row of numbers per text. */
sealed interface Head {

    /** The graph's output that this head reads. */
    TensorSpec source();

    /** Numbers per text. */
    int width();

    /**
     * Turns one run's output into rows.
     *
     * @param output the graph's, [rows, width] or [rows, tokens, width], row-major
     * @param batch what was computed
     * @param result [rows of the request, {@link #width()}]; the batch's rows are written at their place
     */
    void apply(float[] output, TokenBatch batch, float[] result);

    /** The model's outputs besides the token counts, as its metadata declares them. */
    List<TensorSpec> specs();

    /** The model's outputs besides the token counts. */
    List<Tensor> tensors(float[] result, int rows);

    /** One vector per text: output EMBEDDING, FP32 [rows, dim]. */
    record EmbeddingHead(TensorSpec source, int width, Task.Pooling pooling, boolean normalize) implements Head {

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

        @Override
        public void apply(float[] output, TokenBatch batch, float[] result) {
            boolean pooled = source.dims().size() == 2;
            int stride = pooled ? width : batch.width() * width;
            for (int i = 0; i < batch.size(); i++) {
                int target = batch.rows().get(i) * width;
                int tokens = batch.texts().get(i).length();
                int row = i * stride;
                switch (pooled ? Task.Pooling.CLS : pooling) {
                    case CLS -> System.arraycopy(output, row, result, target, width);
                    case LAST_TOKEN -> System.arraycopy(output, row + (tokens - 1) * width, result, target, width);
                    case MEAN -> mean(output, row, tokens, result, target);
                }
                if (normalize) {
                    normalize(result, target);
                }
            }
        }

        private void mean(float[] output, int row, int tokens, float[] result, int target) {
            for (int token = 0; token < tokens; token++) {
                int offset = row + token * width;
                for (int d = 0; d < width; d++) {
                    result[target + d] += output[offset + d];
                }
            }
            float factor = 1f / Math.max(1, tokens);
            for (int d = 0; d < width; d++) {
                result[target + d] *= factor;
            }
        }

        private void normalize(float[] result, int target) {
            double sum = 0;
            for (int d = 0; d < width; d++) {
                sum += (double) result[target + d] * result[target + d];
            }
            float factor = (float) (1 / Math.max(Math.sqrt(sum), 1e-12));
            for (int d = 0; d < width; d++) {
                result[target + d] *= factor;
            }
        }

        @Override
        public List<TensorSpec> specs() {
            return List.of(new TensorSpec("EMBEDDING", DataType.FP32, List.of(-1L, (long) width)));
        }

        @Override
        public List<Tensor> tensors(float[] result, int rows) {
            return List.of(floats("EMBEDDING", result, rows, width));
        }
    }

    /** One score per label: outputs LABEL, BYTES [rows], the best; and SCORES, FP32 [rows, labels], in the labels' order. */
    record ClassificationHead(TensorSpec source, List<String> labels, Task.Activation activation) implements Head {

        static ClassificationHead of(Task.TextClassification task, List<TensorSpec> graphOutputs) {
            TensorSpec source = graphOutputs.stream()
                    .filter(output -> output.name().equals("logits"))
                    .findFirst()
                    .orElse(graphOutputs.getFirst());
            long logits = source.dims().isEmpty() ? -1 : source.dims().getLast();
            if (source.dims().size() != 2
                    || (logits >= 0 && logits != task.labels().size())) {
                throw new FailedPrecondition("graph: output '" + source.name() + "' has shape " + source.dims()
                        + " (expected: [batch, " + task.labels().size() + "] for "
                        + task.labels().size() + " labels)");
            }
            return new ClassificationHead(source, task.labels(), task.activation());
        }

        @Override
        public int width() {
            return labels.size();
        }

        @Override
        public void apply(float[] output, TokenBatch batch, float[] result) {
            int width = width();
            for (int i = 0; i < batch.size(); i++) {
                int row = i * width;
                int target = batch.rows().get(i) * width;
                switch (activation) {
                    case SOFTMAX -> softmax(output, row, result, target, width);
                    case SIGMOID -> {
                        for (int label = 0; label < width; label++) {
                            result[target + label] = (float) (1 / (1 + Math.exp(-output[row + label])));
                        }
                    }
                }
            }
        }

        /** Shifted by the largest logit, so that no exponential overflows. */
        private static void softmax(float[] logits, int row, float[] result, int target, int width) {
            float largest = Float.NEGATIVE_INFINITY;
            for (int label = 0; label < width; label++) {
                largest = Math.max(largest, logits[row + label]);
            }
            double sum = 0;
            for (int label = 0; label < width; label++) {
                sum += Math.exp(logits[row + label] - largest);
            }
            for (int label = 0; label < width; label++) {
                result[target + label] = (float) (Math.exp(logits[row + label] - largest) / sum);
            }
        }

        @Override
        public List<TensorSpec> specs() {
            return List.of(
                    new TensorSpec("LABEL", DataType.BYTES, List.of(-1L)),
                    new TensorSpec("SCORES", DataType.FP32, List.of(-1L, (long) width())));
        }

        @Override
        public List<Tensor> tensors(float[] result, int rows) {
            List<byte[]> best = new ArrayList<>(rows);
            for (int row = 0; row < rows; row++) {
                int winner = 0;
                for (int label = 1; label < width(); label++) {
                    if (result[row * width() + label] > result[row * width() + winner]) {
                        winner = label;
                    }
                }
                best.add(labels.get(winner).getBytes(StandardCharsets.UTF_8));
            }
            return List.of(new Tensor.Strings("LABEL", Shape.of(rows), best), floats("SCORES", result, rows, width()));
        }
    }

    private static Tensor floats(String name, float[] values, int rows, int width) {
        ByteBuffer data = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        data.asFloatBuffer().put(values);
        return new Tensor.Numbers(name, DataType.FP32, Shape.of(rows, width), data);
    }
}
