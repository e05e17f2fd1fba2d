package dev.weft.gateway.catalog;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.regex.Pattern;

/** The forms of names in the catalog. They become segments of paths and URLs, and {@code @} and {@code :} stand between them. */
public final class ModelNames {

    /** The alias that moves by itself: the highest version that is not archived. */
    static final String LATEST = "latest";

    /** The alias that a bare name stands for, where a model has it. */
    static final String STABLE = "stable";

    private static final Pattern MODEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
    private static final Pattern ALIAS = Pattern.compile("[a-z][a-z0-9._-]{0,63}");
    private static final Pattern POOL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
    private static final Pattern REFERENCE = Pattern.compile(MODEL.pattern() + "(@[A-Za-z0-9._-]{1,64})?");

    private ModelNames() {}

    static String requireModel(String name) {
        return requireModel(name, "name");
    }

    /**
     * The name, if it can be a model's.
     *
     * @param field that it stands in
     * @throws InvalidArgument naming the field, when it cannot
     */
    public static String requireModel(String name, String field) {
        return require(
                MODEL, name, field, "1 to 128 of letters, digits, '.', '_', '-', beginning with a letter or digit");
    }

    static String requireAlias(String alias) {
        if (alias.equals(LATEST)) {
            throw new InvalidArgument("alias: 'latest' (expected: another one; this one moves by itself)");
        }
        return require(ALIAS, alias, "alias", "1 to 64 of a-z, 0-9, '.', '_', '-', beginning with a letter");
    }

    static String requirePool(String pool) {
        return require(POOL, pool, "serving.pools", "names of 1 to 64 of letters, digits, '.', '_', '-'");
    }

    /** True for what may stand in a header of a call to a replica: names come from clients. */
    static boolean isReference(String text) {
        return REFERENCE.matcher(text).matches();
    }

    static String requireReference(String reference, String field) {
        return require(REFERENCE, reference, field, "'model', 'model@version' or 'model@alias'");
    }

    private static String require(Pattern form, String value, String field, String expected) {
        if (!form.matcher(value).matches()) {
            throw new InvalidArgument(field + ": '" + (value.length() > 200 ? value.substring(0, 200) + "…" : value)
                    + "' (expected: " + expected + ")");
        }
        return value;
    }
}
