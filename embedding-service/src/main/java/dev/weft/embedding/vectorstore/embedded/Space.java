package dev.weft.embedding.vectorstore.embedded;

import dev.weft.embedding.vectorstore.Metric;
import dev.weft.embedding.vectorstore.VectorSpace;
import io.github.jbellis.jvector.vector.VectorSimilarityFunction;
import io.github.jbellis.jvector.vector.VectorUtil;
import io.github.jbellis.jvector.vector.VectorizationProvider;
import io.github.jbellis.jvector.vector.types.VectorFloat;
import io.github.jbellis.jvector.vector.types.VectorTypeSupport;

/** How vectors of a space are held and compared in memory. Vectors that are compared by their angle are held at length 1. */
record Space(VectorSpace space) {

    private static final VectorTypeSupport VECTORS =
            VectorizationProvider.getInstance().getVectorTypeSupport();

    /** The vector as it is held; a copy. */
    VectorFloat<?> prepare(float[] vector) {
        VectorFloat<?> held = VECTORS.createFloatVector(vector.clone());
        if (space.metric() == Metric.COSINE) {
            VectorUtil.l2normalize(held);
        }
        return held;
    }

    /** A vector that was held, as it was written down. */
    VectorFloat<?> held(float[] values) {
        return VECTORS.createFloatVector(values);
    }

    /** The score of two prepared vectors, as the port has it. */
    float score(VectorFloat<?> left, VectorFloat<?> right) {
        return switch (space.metric()) {
            case COSINE, DOT -> VectorUtil.dotProduct(left, right);
            case EUCLIDEAN -> -(float) Math.sqrt(VectorUtil.squareL2Distance(left, right));
        };
    }

    /**
     * What makes two points neighbours in the graph. Neighbours by inner product would be the long vectors, to all, and of the others few would ever be
     * found (half of the 10 nearest, measured); neighbours by distance lead to the greatest inner product as well (all of them).
     */
    VectorSimilarityFunction neighbourhood() {
        return switch (space.metric()) {
            case COSINE -> VectorSimilarityFunction.DOT_PRODUCT;
            case DOT, EUCLIDEAN -> VectorSimilarityFunction.EUCLIDEAN;
        };
    }

    /** What a search of the graph compares by. */
    VectorSimilarityFunction similarity() {
        return switch (space.metric()) {
            case COSINE, DOT -> VectorSimilarityFunction.DOT_PRODUCT;
            case EUCLIDEAN -> VectorSimilarityFunction.EUCLIDEAN;
        };
    }

    /** About what a point takes in memory, its neighbours and a little metadata included. */
    long bytesPerPoint(int neighbours) {
        return (long) space.dimension() * Float.BYTES + 16L * neighbours + 400;
    }
}
