package dev.weft.gateway.openai;

import dev.weft.gateway.http.RestCall;
import java.util.List;

/** The models that turn texts into vectors, wherever they run. */
public interface EmbeddingModels {

    /**
     * Embeds; blocks until there is an answer.
     *
     * @param model its name
     * @param input not empty
     * @param truncate whether texts over the model's token limit are cut rather than refused
     * @throws dev.weft.kit.error.Failure when there is none
     */
    Embeddings embed(String model, EmbeddingInput input, boolean truncate, RestCall call);

    /**
     * Names of all models that are ready.
     *
     * @throws dev.weft.kit.error.Failure when nobody can tell
     */
    List<String> ready(RestCall call);

    /** What is embedded, one row each. */
    sealed interface EmbeddingInput {
        /** Texts. */
        record Texts(List<String> texts) implements EmbeddingInput {}

        /** Token ids of the model's own vocabulary. */
        record Tokens(List<List<Integer>> rows) implements EmbeddingInput {}
    }

    /**
     * Vectors.
     *
     * @param values [rows, dim], row-major; owned by this record
     * @param tokens computed for all rows together
     */
    record Embeddings(float[] values, int dim, long tokens) {
        /** How many vectors there are. */
        public int rows() {
            return values.length / dim;
        }
    }
}
