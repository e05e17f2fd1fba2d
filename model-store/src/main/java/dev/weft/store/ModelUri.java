package dev.weft.store;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a model package lies: {@code scheme:path@version}. The scheme chooses the store, which alone knows what the path means; the version
 * is what that store calls one that never changes, and may be left out where the store has plain folders.
 *
 * @param scheme lower-case letters and digits
 * @param path not empty, without control characters
 * @param version letters, digits, {@code . _ -}
 */
public record ModelUri(String scheme, String path, Optional<String> version) {

    private static final Pattern FORM = Pattern.compile("([^:]*):(.*?)(?:@([^@/]*))?");
    private static final Pattern SCHEME = Pattern.compile("[a-z][a-z0-9]{0,15}");
    private static final Pattern VERSION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
    private static final int MAX_LENGTH = 1024;

    public ModelUri {
        if (!SCHEME.matcher(scheme).matches()) {
            throw new InvalidArgument("model URI: scheme '" + scheme + "' (expected: a word such as file or pg)");
        }
        if (path.isEmpty() || path.length() > MAX_LENGTH || path.chars().anyMatch(Character::isISOControl)) {
            throw new InvalidArgument("model URI: a path of " + path.length() + " characters (expected: 1 to "
                    + MAX_LENGTH + ", no control characters)");
        }
        if (version.isPresent() && !VERSION.matcher(version.get()).matches()) {
            throw new InvalidArgument(
                    "model URI: version '" + version.get() + "' (expected: letters, digits, '.', '_', '-')");
        }
    }

    /**
     * Reads what {@link #toString()} writes.
     *
     * @throws InvalidArgument when the text has another form
     */
    public static ModelUri parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new InvalidArgument("model URI: '" + text + "' (expected: scheme:path or scheme:path@version)");
        }
        return new ModelUri(matcher.group(1), matcher.group(2), Optional.ofNullable(matcher.group(3)));
    }

    /**
     * A package's name, checked: it becomes a folder and a segment of URLs.
     *
     * @throws InvalidArgument when it is none
     */
    public static String requireName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new InvalidArgument(
                    "package name: '" + name + "' (expected: 1 to 128 of letters, digits, '.', '_', '-')");
        }
        return name;
    }

    @Override
    public String toString() {
        return scheme + ":" + path + version.map(v -> "@" + v).orElse("");
    }
}
