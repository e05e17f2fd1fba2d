package dev.weft.kit.identity;

import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.PermissionDenied;
import java.util.List;

/**
 * The models that a caller may ask.
 *
 * @param patterns names, and beginnings of names with {@code *} behind them; empty for all models
 */
public record AllowedModels(List<String> patterns) {

    /** All of them. */
    public static final AllowedModels ALL = new AllowedModels(List.of());

    private static final int MOST = 100;
    private static final int LONGEST = 200;

    public AllowedModels {
        patterns = List.copyOf(patterns);
        if (patterns.size() > MOST) {
            throw new InvalidArgument("models: " + patterns.size() + " entries (expected: at most " + MOST + ")");
        }
        for (String pattern : patterns) {
            int star = pattern.indexOf('*');
            if (pattern.isBlank() || pattern.length() > LONGEST || (star >= 0 && star < pattern.length() - 1)) {
                throw new InvalidArgument("models: '" + pattern + "' (expected: a name of at most " + LONGEST
                        + " characters, or the beginning of names and '*' behind it)");
            }
        }
    }

    /** Whether the model of that name is among them. */
    public boolean allow(String model) {
        if (patterns.isEmpty()) {
            return true;
        }
        for (String pattern : patterns) {
            int last = pattern.length() - 1;
            boolean fits =
                    pattern.charAt(last) == '*' ? model.regionMatches(0, pattern, 0, last) : model.equals(pattern);
            if (fits) {
                return true;
            }
        }
        return false;
    }

    /**
     * Checks that the model of that name is among them.
     *
     * @throws PermissionDenied when it is not
     */
    public void require(String model) {
        if (!allow(model)) {
            throw new PermissionDenied("model '" + model + "': not for this key (expected: one of " + patterns + ")");
        }
    }
}
