package dev.weft.embedding.vectorstore;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** How two vectors are compared. The score of a pair is higher the nearer they are. */
public enum Metric {
    /** The angle; the score is its cosine. */
    COSINE,
    /** The score is the inner product. */
    DOT,
    /** The score is the distance, negative. */
    EUCLIDEAN;

    private static final List<String> NAMES =
            Arrays.stream(values()).map(Metric::wireName).toList();

    /** The name in requests and answers, in lower case. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The metric of that name.
     *
     * @throws InvalidArgument when there is none
     */
    public static Metric of(String name) {
        int index = NAMES.indexOf(name);
        if (index < 0) {
            throw new InvalidArgument("metric: '" + name + "' (expected: one of " + NAMES + ")");
        }
        return values()[index];
    }
}
