package dev.weft.inference.batching;

/**
 * How much one run may take.
 *
 * @param rows at most; 1 computes every row in a run of its own
 * @param tokens at most, padding counted; a single row may exceed it
 * @param padding tokens of padding that a row may cost, on average over the batch: what computing them costs must be less than what
 *     another run would
 */
public record BatchLimits(int rows, int tokens, int padding) {

    public BatchLimits {
        if (rows < 1 || tokens < 1 || padding < 0) {
            throw new IllegalArgumentException(
                    "rows " + rows + ", tokens " + tokens + ", padding " + padding + " (expected: >= 1, >= 1, >= 0)");
        }
    }

    /** Every row alone. */
    public static BatchLimits single() {
        return new BatchLimits(1, 1, 0);
    }

    /** True when {@code rows} rows, padded to {@code width}, {@code tokens} of them real, may be one run. */
    boolean allow(int rows, int width, long tokens) {
        long padded = (long) rows * width;
        return rows <= this.rows && padded <= this.tokens && padded - tokens <= (long) padding * rows;
    }

    /** The same with no more tokens than that. */
    BatchLimits atMost(long most) {
        return most >= tokens ? this : new BatchLimits(rows, (int) Math.max(1, most), padding);
    }

    /** The same with a fraction of the tokens: shorter runs, between which others get their turn. */
    BatchLimits shortened(int divisor) {
        return new BatchLimits(rows, Math.max(1, tokens / divisor), padding);
    }
}
