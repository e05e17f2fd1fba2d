package dev.weft.embedding.batch;

import dev.weft.embedding.embedder.BatchEmbedder.Input;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One row on its way. Its inputs may be computed by several threads, each of which writes places of its own; whoever reads the results has waited
 * for those threads.
 */
final class Row {

    private final long line;
    private final @Nullable String customId;
    private final @Nullable RowRequest request;
    private final Input inputs;
    private final float[][] vectors;
    private final long[] tokens;
    private volatile @Nullable RowFailure failure;

    Row(long line, @Nullable String customId, RowRequest request) {
        this.line = line;
        this.customId = customId;
        this.request = request;
        this.inputs = request.input();
        this.vectors = new float[inputs.size()][];
        this.tokens = new long[inputs.size()];
    }

    Row(long line, @Nullable String customId, RowFailure failure) {
        this.line = line;
        this.customId = customId;
        this.request = null;
        this.inputs = new Input.Texts(List.of());
        this.vectors = new float[0][];
        this.tokens = new long[0];
        this.failure = failure;
    }

    long line() {
        return line;
    }

    @Nullable
    String customId() {
        return customId;
    }

    /** Null when the line is none. */
    @Nullable
    RowRequest request() {
        return request;
    }

    /** What is to be embedded. */
    Input inputs() {
        return inputs;
    }

    @Nullable
    RowFailure failure() {
        return failure;
    }

    float[][] vectors() {
        return vectors;
    }

    long tokens() {
        long sum = 0;
        for (long count : tokens) {
            sum += count;
        }
        return sum;
    }

    void answer(int input, float[] vector, long count) {
        vectors[input] = vector;
        tokens[input] = count;
    }

    void fail(RowFailure why) {
        failure = why;
    }
}
