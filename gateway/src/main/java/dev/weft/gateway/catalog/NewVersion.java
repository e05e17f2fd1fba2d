package dev.weft.gateway.catalog;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A version that somebody registers.
 *
 * @param number 0 for the next
 * @param alias which then points to it; empty for none
 */
public record NewVersion(
        long number,
        String sourceUri,
        String manifestSha256,
        long sizeBytes,
        String task,
        Map<String, Double> metrics,
        Map<String, String> labels,
        String alias) {

    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern TASK = Pattern.compile("[a-z0-9-]{0,64}");
    private static final int MOST_ENTRIES = 100;
    private static final int LONGEST_TEXT = 500;
    private static final int LONGEST_URI = 2_000;
    private static final long HIGHEST = 999_999_999_999_999_999L;

    public NewVersion {
        metrics = Map.copyOf(metrics);
        labels = Map.copyOf(labels);
        if (number < 0 || number > HIGHEST) {
            throw new InvalidArgument("number: " + number + " (expected: from 1, or 0 for the next)");
        }
        if (sizeBytes < 0) {
            throw new InvalidArgument("size_bytes: " + sizeBytes + " (expected: from 0)");
        }
        if (sourceUri.length() > LONGEST_URI) {
            throw new InvalidArgument("source_uri: " + sourceUri.length() + " characters (expected: at most 2000)");
        }
        if (sourceUri.isEmpty() != manifestSha256.isEmpty()) {
            throw new InvalidArgument((sourceUri.isEmpty() ? "source_uri" : "manifest_sha256")
                    + ": missing (expected: both of source_uri and manifest_sha256, or neither for a package that lies in"
                    + " the replicas' folders)");
        }
        if (!manifestSha256.isEmpty() && !DIGEST.matcher(manifestSha256).matches()) {
            throw new InvalidArgument(
                    "manifest_sha256: " + manifestSha256.length() + " characters (expected: 64 hexadecimal digits)");
        }
        if (!TASK.matcher(task).matches()) {
            throw new InvalidArgument("task: (expected: at most 64 of a-z, 0-9, '-')");
        }
        requireSmall("metrics", metrics);
        requireSmall("labels", labels);
        metrics.forEach((name, value) -> {
            if (!Double.isFinite(value)) {
                throw new InvalidArgument("metrics." + name + ": " + value + " (expected: a finite number)");
            }
        });
        if (!alias.isEmpty()) {
            ModelNames.requireAlias(alias);
        }
    }

    private static void requireSmall(String field, Map<String, ?> entries) {
        boolean isLong = entries.entrySet().stream()
                .anyMatch(entry -> entry.getKey().length() > LONGEST_TEXT
                        || String.valueOf(entry.getValue()).length() > LONGEST_TEXT);
        if (entries.size() > MOST_ENTRIES || isLong) {
            throw new InvalidArgument(field + ": " + entries.size()
                    + " entries (expected: at most 100, of names and values of at most 500 characters)");
        }
    }
}
