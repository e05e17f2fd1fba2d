package dev.weft.inference.pipeline;

import dev.weft.inference.tensor.DataType;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.TensorSpec;
import dev.weft.kit.error.Failure.FailedPrecondition;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;

/** What a text model does with its graph's output: numbers per row when a run has ended, tensors when the request is complete. */
sealed interface Head permits EmbeddingHead, ClassificationHead, RerankingHead, TokenClassificationHead {

    /** The graph's output that this head reads. */
    TensorSpec source();

    /** The shape that the source has for so many rows, padded to so many tokens. */
    Shape shape(int rows, int width);

    /**
     * Reads one row's numbers.
     *
     * @param output of the run, of {@link #shape(int, int)}
     * @param row in the run
     * @param width tokens of each row, padding counted
     * @param text of that row
     */
    float[] read(RunOutput output, int row, int width, TokenizedText text);

    /** The model's outputs besides the token counts, as its metadata declares them. */
    List<TensorSpec> specs();

    /** The model's outputs besides the token counts, of a request's rows in their order. */
    List<Tensor> tensors(List<TextRow> rows);

    /** The output of that name, or else the first. */
    static TensorSpec logits(List<TensorSpec> graphOutputs) {
        return graphOutputs.stream()
                .filter(output -> output.name().equals("logits"))
                .findFirst()
                .orElse(graphOutputs.getFirst());
    }

    /**
     * Checks that a graph's logits are what the package's labels need.
     *
     * @param dims how many dimensions they should have
     * @throws FailedPrecondition when they do not, naming both sides
     */
    static TensorSpec requireLogits(List<TensorSpec> graphOutputs, int dims, int labels) {
        TensorSpec source = logits(graphOutputs);
        long last = source.dims().isEmpty() ? -1 : source.dims().getLast();
        if (source.dims().size() != dims || (last >= 0 && last != labels)) {
            throw new FailedPrecondition("graph: output '" + source.name() + "' has shape " + source.dims()
                    + " (expected: [batch, " + (dims == 3 ? "tokens, " : "") + labels + "] for " + labels
                    + " labels)");
        }
        return source;
    }

    /** The rows' results as one FP32 tensor [rows, width]. */
    static Tensor floats(String name, List<TextRow> rows, int width) {
        ByteBuffer data = ByteBuffer.allocate(rows.size() * width * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        var floats = data.asFloatBuffer();
        rows.forEach(row -> floats.put(row.result()));
        return new Tensor.Numbers(name, DataType.FP32, Shape.of(rows.size(), width), data);
    }

    /** One string per row. */
    static Tensor strings(String name, List<TextRow> rows, Function<TextRow, String> text) {
        return new Tensor.Strings(
                name,
                Shape.of(rows.size()),
                rows.stream()
                        .map(row -> text.apply(row).getBytes(StandardCharsets.UTF_8))
                        .toList());
    }

    /** The place of the largest of {@code count} numbers from {@code offset}; the first of equal ones. */
    static int best(float[] numbers, int offset, int count) {
        int best = 0;
        for (int i = 1; i < count; i++) {
            if (numbers[offset + i] > numbers[offset + best]) {
                best = i;
            }
        }
        return best;
    }

    /** Logits to probabilities that add up to 1, in place; shifted by the largest, so that no exponential overflows. */
    static void softmax(float[] numbers, int offset, int count) {
        float largest = numbers[offset + best(numbers, offset, count)];
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += Math.exp(numbers[offset + i] - largest);
        }
        for (int i = 0; i < count; i++) {
            numbers[offset + i] = (float) (Math.exp(numbers[offset + i] - largest) / sum);
        }
    }

    /** A logit to a probability of its own. */
    static float sigmoid(float logit) {
        return (float) (1 / (1 + Math.exp(-logit)));
    }
}
