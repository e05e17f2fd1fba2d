package dev.weft.training.job;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.Optional;

/**
 * A job that is submitted.
 *
 * @param content of the data that come with it; owned by this record
 * @param runtimeDefinition the runtime as it is now, as JSON
 */
public record NewJob(
        String owner,
        Optional<String> idempotencyKey,
        JobSpec spec,
        Optional<byte[]> content,
        String runtimeDefinition) {

    private static final int MAX_LENGTH = 128;

    public NewJob {
        if (owner.length() > MAX_LENGTH) {
            throw new InvalidArgument(
                    "owner: " + owner.length() + " characters (expected: at most " + MAX_LENGTH + ")");
        }
        if (idempotencyKey.isPresent() && idempotencyKey.get().length() > MAX_LENGTH) {
            throw new InvalidArgument("idempotency_key: " + idempotencyKey.get().length()
                    + " characters (expected: at most " + MAX_LENGTH + ")");
        }
    }
}
