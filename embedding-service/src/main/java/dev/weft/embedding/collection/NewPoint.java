package dev.weft.embedding.collection;

import dev.weft.embedding.vectorstore.Metadata;
import dev.weft.embedding.vectorstore.Point;
import dev.weft.kit.error.Failure.InvalidArgument;
import org.jspecify.annotations.Nullable;

/**
 * A point to keep.
 *
 * @param vector owned by this record, not to be changed; null when the text is to be embedded
 * @param text null when there is none
 */
public record NewPoint(
        String id, float @Nullable [] vector, @Nullable String text, Metadata metadata) {

    public NewPoint {
        Point.requireId(id);
        if (vector == null && (text == null || text.isBlank())) {
            throw new InvalidArgument("point '" + id + "': neither a vector nor a text (expected: one at least)");
        }
    }
}
