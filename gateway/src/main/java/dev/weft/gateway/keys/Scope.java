package dev.weft.gateway.keys;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What a key may be used for. */
public enum Scope {
    /** Running models, embedding among it, and seeing what they are. */
    INFER,
    /** Embedding texts, and nothing else that models do. */
    EMBED,
    /** Training models. */
    TRAIN,
    /** Registering versions of models and pointing aliases to them, as whatever trains or delivers models does. */
    PUBLISH,
    /** Everything: keys, catalog, replicas, and what the other scopes allow. */
    ADMIN;

    private static final List<String> NAMES =
            Arrays.stream(values()).map(Scope::wireName).toList();

    /** The name in JSON and in the database. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The scope of that name.
     *
     * @throws InvalidArgument when there is none
     */
    public static Scope of(String wireName) {
        int index = NAMES.indexOf(wireName);
        if (index < 0) {
            throw new InvalidArgument("scopes: '" + wireName + "' (expected: some of " + NAMES + ")");
        }
        return values()[index];
    }
}
