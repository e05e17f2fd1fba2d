package dev.weft.embedding.vectorstore;

import dev.weft.kit.error.Failure.InvalidArgument;
import org.jspecify.annotations.Nullable;

/**
 * What is looked for.
 *
 * @param near of the space's dimension; owned by this record, not to be changed
 * @param topK how many points at most
 * @param filter what they must be like
 * @param threshold the least score; null takes any
 */
public record VectorQuery(
        float[] near, int topK, Filter filter, @Nullable Float threshold, Include include) {

    public VectorQuery {
        if (topK < 1) {
            throw new InvalidArgument("top_k: " + topK + " (expected: at least 1)");
        }
        if (threshold != null && threshold.isNaN()) {
            throw new InvalidArgument("score_threshold: NaN (expected: a number)");
        }
        filter.requireReasonable();
    }

    /** Whether that score is high enough. */
    public boolean takes(float score) {
        return threshold == null || score >= threshold;
    }
}
