package dev.weft.inference.modelpackage;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.regex.Pattern;

/**
 * One version of one model.
 *
 * @param name letters, digits, {@code . _ -}, at most 128, starting with a letter or digit: it becomes a path and a URL segment
 * @param version a positive number in decimal digits
 */
public record ModelId(String name, long version) implements Comparable<ModelId> {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
    private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,17}");

    public ModelId {
        if (!isName(name)) {
            throw new InvalidArgument(
                    "model name: '" + name + "' (expected: 1 to 128 of letters, digits, '.', '_', '-')");
        }
    }

    /** True when a folder of that name can be a model. */
    public static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    /** True when a folder of that name can be a version. */
    public static boolean isVersion(String version) {
        return VERSION.matcher(version).matches();
    }

    @Override
    public int compareTo(ModelId other) {
        int byName = name.compareTo(other.name);
        return byName != 0 ? byName : Long.compare(version, other.version);
    }

    @Override
    public String toString() {
        return name + ":" + version;
    }
}
