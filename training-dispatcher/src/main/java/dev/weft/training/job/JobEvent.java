package dev.weft.training.job;

import java.time.Instant;

/**
 * Something that happened to a job.
 *
 * @param number from 1, without gaps for each job
 */
public record JobEvent(long number, Instant at, int attempt, Type type, String message) {

    /** What happened. */
    public enum Type {
        SUBMITTED,
        DISPATCHED,
        ACCEPTED,
        RUNNING,
        CANCEL_REQUESTED,
        STOPPING,
        ATTEMPT_FAILED,
        RETURNED,
        NOTE,
        REPORT,
        SUCCEEDED,
        PUBLISHED,
        FAILED,
        CANCELLED;

        /** On the wire: lower case, parted by {@code -}. */
        public String code() {
            return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        }
    }
}
