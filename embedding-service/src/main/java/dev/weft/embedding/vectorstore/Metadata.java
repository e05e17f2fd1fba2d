package dev.weft.embedding.vectorstore;

import dev.weft.embedding.vectorstore.MetadataValue.Flag;
import dev.weft.embedding.vectorstore.MetadataValue.Numeric;
import dev.weft.embedding.vectorstore.MetadataValue.Text;
import dev.weft.embedding.vectorstore.MetadataValue.Texts;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.TooLarge;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a point carries besides its vector, flat.
 *
 * @param fields in the order of their names
 */
public record Metadata(Map<String, MetadataValue> fields) {

    /** No fields. */
    public static final Metadata EMPTY = new Metadata(Map.of());

    /** What the most restrictive store keeps of one point, in characters. */
    public static final int MAX_CHARACTERS = 40_000;

    private static final int MAX_FIELDS = 64;
    private static final int MAX_NAME = 128;

    public Metadata {
        if (fields.size() > MAX_FIELDS) {
            throw new TooLarge("metadata: " + fields.size() + " fields (expected: at most " + MAX_FIELDS + ")");
        }
        long characters = 0;
        for (Map.Entry<String, MetadataValue> field : fields.entrySet()) {
            requireName(field.getKey());
            requireNoZero(field.getKey(), field.getValue());
            characters += field.getKey().length() + length(field.getValue());
        }
        if (characters > MAX_CHARACTERS) {
            throw new TooLarge("metadata: " + characters + " characters (expected: at most " + MAX_CHARACTERS + ")");
        }
        fields = Collections.unmodifiableMap(new TreeMap<>(fields));
    }

    /** The field's value; null when there is none. */
    public @Nullable MetadataValue get(String field) {
        return fields.get(field);
    }

    /**
     * Checks a field's name.
     *
     * @throws InvalidArgument when no field can have it
     */
    static void requireName(String name) {
        if (name.isEmpty()
                || name.length() > MAX_NAME
                || name.startsWith("$")
                || name.chars().anyMatch(Character::isISOControl)) {
            throw new InvalidArgument("metadata field: '" + name + "' (expected: 1 to " + MAX_NAME
                    + " characters without control characters, no '$' first)");
        }
    }

    /** PostgreSQL's text has no such character. */
    private static void requireNoZero(String field, MetadataValue value) {
        boolean found =
                switch (value) {
                    case Text(String text) -> text.indexOf('\0') >= 0;
                    case Texts texts -> texts.values().stream().anyMatch(text -> text.indexOf('\0') >= 0);
                    case Numeric _, Flag _ -> false;
                };
        if (found) {
            throw new InvalidArgument("metadata field '" + field + "': a zero character (expected: none)");
        }
    }

    private static long length(MetadataValue value) {
        return switch (value) {
            case Text(String text) -> text.length();
            case Numeric _ -> Double.BYTES;
            case Flag _ -> 1;
            case Texts texts ->
                texts.values().stream().mapToLong(text -> text.length() + 1L).sum();
        };
    }
}
