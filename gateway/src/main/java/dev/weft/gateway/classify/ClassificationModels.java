package dev.weft.gateway.classify;

import dev.weft.gateway.http.RestCall;
import java.util.List;

/** The models that label texts, or what texts name, wherever they run. */
public interface ClassificationModels {

    /**
     * Classifies each text; blocks until there is an answer.
     *
     * @param model its name
     * @param texts not empty; the answer has one row for each, in their order
     * @param truncate whether texts over the model's token limit are cut rather than refused
     * @throws dev.weft.kit.error.Failure when there is none; InvalidArgument also when the model is for another task, which it names
     */
    Classification classify(String model, List<String> texts, boolean truncate, RestCall call);

    /** What a model said. */
    sealed interface Classification {

        /** Computed for all texts together. */
        long tokens();

        /**
         * Of a model of texts: a score for each label.
         *
         * @param labels names of the columns
         * @param scores [rows, labels], row-major; owned by this record
         */
        record Labelled(List<String> labels, float[] scores, long tokens) implements Classification {
            /** How many texts there are. */
            public int rows() {
                return scores.length / labels.size();
            }
        }

        /**
         * Of a model of tokens: what each text names.
         *
         * @param rows one list per text, in the text's order
         */
        record Named(List<List<Entity>> rows, long tokens) implements Classification {}
    }

    /**
     * Something that a text names.
     *
     * @param group what it is
     * @param score how sure the model is
     * @param word as it stands in the text
     * @param start its first character, in Unicode code points
     * @param end behind its last character
     */
    record Entity(String group, float score, String word, int start, int end) {}
}
