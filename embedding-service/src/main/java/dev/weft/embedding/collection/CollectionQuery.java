package dev.weft.embedding.collection;

import dev.weft.embedding.vectorstore.Filter;
import dev.weft.embedding.vectorstore.Include;
import dev.weft.kit.error.Failure.InvalidArgument;
import org.jspecify.annotations.Nullable;

/**
 * What is looked for in a collection.
 *
 * @param threshold the least score; null takes any
 * @param rerankModel orders what is found anew; empty for none
 */
public record CollectionQuery(
        Near near, int topK, Filter filter, @Nullable Float threshold, Include include, String rerankModel) {

    public CollectionQuery {
        if (!rerankModel.isEmpty() && near instanceof Near.ToVector) {
            throw new InvalidArgument("rerank_model: with a vector (expected: a text, which it reads with each match)");
        }
    }

    /** What points are to be near to. */
    public sealed interface Near {

        /**
         * A vector.
         *
         * @param vector owned by this record, not to be changed
         */
        record ToVector(float[] vector) implements Near {}

        /** A text, which the collection's model embeds. */
        record ToText(String text) implements Near {
            public ToText {
                if (text.isBlank()) {
                    throw new InvalidArgument("text: empty (expected: at least one character that is no space)");
                }
            }
        }
    }
}
