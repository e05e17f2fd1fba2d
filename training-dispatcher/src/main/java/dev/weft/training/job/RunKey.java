package dev.weft.training.job;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One attempt of a job: what a backend knows a run by, so that it is begun once.
 *
 * @param attempt from 1
 */
public record RunKey(JobId job, int attempt) {

    private static final Pattern FORM = Pattern.compile("(t[0-9a-f]{24})-([1-9][0-9]{0,5})");

    public RunKey {
        if (attempt < 1) {
            throw new IllegalArgumentException("attempt: " + attempt + " (expected: >= 1)");
        }
    }

    /** Reads what {@link #toString()} writes; empty when it is something else. */
    public static Optional<RunKey> parse(String text) {
        Matcher matcher = FORM.matcher(text);
        return matcher.matches()
                ? Optional.of(new RunKey(new JobId(matcher.group(1)), Integer.parseInt(matcher.group(2))))
                : Optional.empty();
    }

    /** Lower-case letters, digits and {@code -}. */
    @Override
    public String toString() {
        return job + "-" + attempt;
    }
}
