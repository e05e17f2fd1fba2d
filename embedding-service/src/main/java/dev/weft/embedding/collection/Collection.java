package dev.weft.embedding.collection;

import dev.weft.embedding.vectorstore.Metric;
import dev.weft.embedding.vectorstore.VectorSpace;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.time.Instant;
import java.util.regex.Pattern;

/**
 * A set of points that is known by a name.
 *
 * @param space where its points are in its store
 * @param name see {@link #requireName}
 * @param model what embeds its texts; empty when all its vectors come from clients
 * @param store the name of the store that has its points
 */
public record Collection(VectorSpace space, String name, String model, String store, Instant createdAt) {

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_-]{0,62}");

    /**
     * Checks a name.
     *
     * @throws InvalidArgument when no collection can have it
     */
    static void requireName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new InvalidArgument(
                    "name: '" + name + "' (expected: 1 to 63 lower-case letters, digits, '-' and '_', a letter first)");
        }
    }

    /**
     * The model that embeds texts.
     *
     * @throws FailedPrecondition when there is none
     */
    String requireModel() {
        if (model.isEmpty()) {
            throw new FailedPrecondition(
                    "collection '" + name + "': a text without a vector, and no model (expected: vectors)");
        }
        return model;
    }

    /** How its vectors are compared. */
    public Metric metric() {
        return space.metric();
    }
}
