package dev.weft.embedding.embedder;

import dev.weft.kit.time.Deadline;
import java.util.List;

/** The models that read a query and a text together and say how well they fit, wherever they run. Thread-safe. */
@FunctionalInterface
public interface Reranker {

    /**
     * Scores texts; blocks until all are.
     *
     * @param model its name
     * @param texts at least one; those over the model's limit are cut
     * @return a score for each, in their order; higher fits better
     * @throws dev.weft.kit.error.Failure as {@link Embedder#embed}
     */
    float[] score(String model, String query, List<String> texts, Deadline deadline);
}
