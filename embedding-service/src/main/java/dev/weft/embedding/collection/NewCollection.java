package dev.weft.embedding.collection;

import dev.weft.embedding.vectorstore.Metric;
import dev.weft.embedding.vectorstore.VectorSpace;
import dev.weft.kit.error.Failure.InvalidArgument;

/**
 * What a collection is to be like.
 *
 * @param model what embeds its texts; empty for none
 * @param dimension of its vectors; 0 takes the model's
 * @param store the store's name; empty takes the default
 */
public record NewCollection(String name, String model, int dimension, Metric metric, String store) {

    public NewCollection {
        Collection.requireName(name);
        if (dimension < 0 || dimension > VectorSpace.MAX_DIMENSION) {
            throw new InvalidArgument(
                    "dimension: " + dimension + " (expected: 1 to " + VectorSpace.MAX_DIMENSION + ")");
        }
        if (dimension == 0 && model.isEmpty()) {
            throw new InvalidArgument("dimension: none, and no model (expected: one of the two)");
        }
    }
}
