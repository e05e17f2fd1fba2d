package dev.weft.embedding.vectorstore;

import dev.weft.kit.error.Failure.InvalidArgument;

/**
 * Where the points of one collection are, as a store knows it.
 *
 * @param id never given to another collection
 * @param dimension length of every vector
 */
public record VectorSpace(long id, int dimension, Metric metric) {

    /** What the most restrictive store takes. */
    public static final int MAX_DIMENSION = 20_000;

    public VectorSpace {
        if (dimension < 1 || dimension > MAX_DIMENSION) {
            throw new InvalidArgument("dimension: " + dimension + " (expected: 1 to " + MAX_DIMENSION + ")");
        }
    }

    /**
     * Checks a vector that is to be kept or compared here.
     *
     * @throws InvalidArgument when it cannot be
     */
    public void require(float[] vector, String name) {
        if (vector.length != dimension) {
            throw new InvalidArgument(
                    name + ": " + vector.length + " dimensions (expected: " + dimension + ", as the collection has)");
        }
        boolean allZero = true;
        for (float value : vector) {
            if (!Float.isFinite(value)) {
                throw new InvalidArgument(name + ": " + value + " (expected: finite numbers)");
            }
            allZero &= value == 0;
        }
        if (allZero && metric == Metric.COSINE) {
            throw new InvalidArgument(name + ": all zeros (expected: a direction, which the metric cosine compares)");
        }
    }
}
