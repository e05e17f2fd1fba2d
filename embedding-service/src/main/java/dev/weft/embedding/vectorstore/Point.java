package dev.weft.embedding.vectorstore;

import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.TooLarge;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a collection holds.
 *
 * @param id within the collection
 * @param vector owned by this record, not to be changed; empty where it was not asked for
 * @param text what the vector stands for; null when there is none, or it was not asked for
 */
public record Point(String id, float[] vector, @Nullable String text, Metadata metadata) {

    /** The vector of a point whose vector was not asked for. */
    public static final float[] NO_VECTOR = {};

    /** What the most restrictive store takes. */
    public static final int MAX_ID = 512;

    /** Characters of a text. */
    public static final int MAX_TEXT = 30_000;

    public Point {
        requireId(id);
        if (text != null && text.length() > MAX_TEXT) {
            throw new TooLarge(
                    "text of '" + id + "': " + text.length() + " characters (expected: at most " + MAX_TEXT + ")");
        }
        if (text != null && text.indexOf('\0') >= 0) {
            throw new InvalidArgument("text of '" + id + "': a zero character (expected: none)");
        }
    }

    /**
     * Checks an id.
     *
     * @throws InvalidArgument when no point can have it
     */
    public static void requireId(String id) {
        if (id.isEmpty() || id.length() > MAX_ID || id.chars().anyMatch(Character::isISOControl)) {
            throw new InvalidArgument("id: " + (id.isEmpty() ? "empty" : id.length() + " characters")
                    + " (expected: 1 to " + MAX_ID + " without control characters)");
        }
    }

    /**
     * Checks several.
     *
     * @throws InvalidArgument when no point can have one of them
     */
    public static void requireIds(List<String> ids) {
        ids.forEach(Point::requireId);
    }
}
