package dev.weft.training.job;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What is trained, of what, where, and what becomes of it.
 *
 * @param parameters a JSON object, checked against the runtime, defaults included and in the order of its definition
 * @param deadline from submission to the end of training
 * @param maxAttempts how often it is begun at most
 */
public record JobSpec(
        String runtime,
        String parameters,
        DataSource data,
        String backend,
        ResourceRequest resources,
        Duration deadline,
        int maxAttempts,
        Map<String, String> labels,
        Optional<PublishTarget> publish) {

    private static final int MAX_LABELS = 32;
    private static final int MAX_LABEL_LENGTH = 512;
    private static final int MAX_ATTEMPTS = 100;
    private static final Duration LONGEST = Duration.ofDays(60);

    public JobSpec {
        labels = Map.copyOf(labels);
        if (deadline.isNegative() || deadline.isZero() || deadline.compareTo(LONGEST) > 0) {
            throw new InvalidArgument(
                    "deadline_ms: " + deadline.toMillis() + " (expected: 1 to " + LONGEST.toMillis() + ")");
        }
        if (maxAttempts < 1 || maxAttempts > MAX_ATTEMPTS) {
            throw new InvalidArgument("max_attempts: " + maxAttempts + " (expected: 1 to " + MAX_ATTEMPTS + ")");
        }
        if (labels.size() > MAX_LABELS) {
            throw new InvalidArgument("labels: " + labels.size() + " (expected: at most " + MAX_LABELS + ")");
        }
        labels.forEach((key, value) -> {
            if (key.isEmpty() || key.length() > MAX_LABEL_LENGTH || value.length() > MAX_LABEL_LENGTH) {
                throw new InvalidArgument("labels: a key of " + key.length() + " and a value of " + value.length()
                        + " characters (expected: at most " + MAX_LABEL_LENGTH + " each, no empty key)");
            }
        });
    }

    /** A text that is the same for the same specification, whatever order its maps have. */
    String canonical() {
        return String.join(
                "\n",
                runtime,
                parameters,
                data.toString(),
                backend,
                resources.toString(),
                deadline.toString(),
                Integer.toString(maxAttempts),
                new TreeMap<>(labels).toString(),
                publish.toString());
    }
}
