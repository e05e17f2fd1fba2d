package dev.weft.training.job;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Which jobs are listed, the youngest first.
 *
 * @param owner empty for everybody's
 * @param states codes; empty for all
 * @param labels that must all be there
 * @param before the id that the page begins behind
 * @param limit of one page
 */
public record JobFilter(
        Optional<String> owner, List<String> states, Map<String, String> labels, Optional<String> before, int limit) {

    /** Jobs of a page, at most. */
    public static final int MAX_LIMIT = 500;

    private static final Pattern TOKEN = Pattern.compile("t[0-9a-f]{24}");

    public JobFilter {
        states = List.copyOf(states);
        labels = Map.copyOf(labels);
        if (limit < 1 || limit > MAX_LIMIT) {
            throw new InvalidArgument("page_size: " + limit + " (expected: 1 to " + MAX_LIMIT + ")");
        }
        if (before.isPresent() && !TOKEN.matcher(before.get()).matches()) {
            throw new InvalidArgument("page_token: '" + before.get() + "' (expected: the answer's next_page_token)");
        }
    }
}
