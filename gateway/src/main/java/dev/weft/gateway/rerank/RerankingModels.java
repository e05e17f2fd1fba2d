package dev.weft.gateway.rerank;

import dev.weft.gateway.http.RestCall;
import java.util.List;

/** The models that tell how well texts answer a query, wherever they run. */
public interface RerankingModels {

    /**
     * Scores each text; blocks until there is an answer.
     *
     * @param model its name
     * @param documents not empty; the answer has one score for each, in their order
     * @param truncate whether a query and text over the model's token limit are cut rather than refused
     * @throws dev.weft.kit.error.Failure when there is none; InvalidArgument also when the model is for another task, which it names
     */
    Relevance score(String model, String query, List<String> documents, boolean truncate, RestCall call);

    /**
     * How well texts answer a query.
     *
     * @param scores one per text, more is better; owned by this record
     * @param tokens computed for all texts together, the query once for each
     */
    record Relevance(float[] scores, long tokens) {}
}
