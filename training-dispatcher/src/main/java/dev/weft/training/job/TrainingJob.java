package dev.weft.training.job;

import java.time.Instant;
import java.util.Optional;

/**
 * A job as it was when it was read.
 *
 * @param runtimeDefinition the runtime as it was when the job was submitted, as JSON
 * @param cancelRequested why somebody wants it to be ended
 * @param siteLost the place of its run has not been heard of for long
 * @param note why it waits, where there is something to tell
 * @param outputCursor where reading the run's output goes on; the backend's own words
 * @param result the event by which the run told what it has made
 * @param givenBack how many of its attempts were given back, and so do not count
 * @param stepsUnfinished how often dispatchers have begun a step since one came to its end, this one included
 * @param stepsFailed how many steps in a row ended with an error
 * @param readAt the database's time of reading
 */
public record TrainingJob(
        JobId id,
        String owner,
        Optional<String> idempotencyKey,
        JobSpec spec,
        String runtimeDefinition,
        Instant createdAt,
        Instant deadlineAt,
        Optional<String> cancelRequested,
        JobState state,
        Instant stateSince,
        boolean siteLost,
        String note,
        Optional<Progress> progress,
        Counts counts,
        String outputCursor,
        Optional<String> result,
        int givenBack,
        int stepsUnfinished,
        int stepsFailed,
        Instant readAt) {

    /** The highest numbers of its events, log lines and metrics. */
    public record Counts(long events, long logs, long metrics) {}

    /** The number that its last attempt may have. */
    public int lastAttempt() {
        return spec.maxAttempts() + givenBack;
    }

    /** Whether its time is over. */
    public boolean isOverdue() {
        return !readAt.isBefore(deadlineAt);
    }
}
