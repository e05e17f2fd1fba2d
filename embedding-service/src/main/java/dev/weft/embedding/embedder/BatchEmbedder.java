package dev.weft.embedding.embedder;

import dev.weft.kit.error.Failure;
import dev.weft.kit.time.Deadline;
import java.util.List;

/** Turns the inputs of many rows into vectors, when nobody waits for them. Thread-safe; blocks. */
public interface BatchEmbedder {

    /**
     * Embeds all rows or none.
     *
     * @param model its name
     * @param truncate whether texts over the model's limit are cut rather than refused
     * @throws Failure.InvalidArgument when a row cannot be embedded, however often it is tried
     * @throws Failure.NotFound when there is no such model
     * @throws Failure.FailedPrecondition when the model embeds nothing
     * @throws Failure.ResourceExhausted when there is no room now
     * @throws Failure.Unavailable when nobody answers now
     * @throws Failure.DeadlineExceeded when the deadline has passed
     */
    Embeddings embed(String model, Input input, boolean truncate, Deadline deadline);

    /** What is embedded, one vector for each row. */
    sealed interface Input {

        /** How many rows. */
        int size();

        /** Texts. */
        record Texts(List<String> texts) implements Input {
            public Texts {
                texts = List.copyOf(texts);
            }

            @Override
            public int size() {
                return texts.size();
            }
        }

        /**
         * Token ids, computed as they are.
         *
         * @param rows owned by this record
         */
        record Tokens(List<int[]> rows) implements Input {
            public Tokens {
                rows = List.copyOf(rows);
            }

            @Override
            public int size() {
                return rows.size();
            }
        }
    }

    /**
     * Vectors of one dimension.
     *
     * @param values row-major, [rows, dimension]; owned by this record
     * @param tokens how many each row had; owned by this record
     * @param computeMicros time inside the model's runs, in µs; 0 when nobody told
     */
    record Embeddings(float[] values, int dimension, long[] tokens, long computeMicros) {

        /** How many rows. */
        public int rows() {
            return tokens.length;
        }

        /** A copy of one row. */
        public float[] vector(int row) {
            return java.util.Arrays.copyOfRange(values, row * dimension, (row + 1) * dimension);
        }
    }
}
