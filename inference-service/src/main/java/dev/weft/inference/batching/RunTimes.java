package dev.weft.inference.batching;

import java.time.Duration;

/**
 * Where a request's time went.
 *
 * @param queued from its arrival until a session took its first row
 * @param computed inside the runs that had rows of it, added up; more than what passed when runs were parallel
 */
public record RunTimes(Duration queued, Duration computed) {

    /** Nothing waited, nothing computed. */
    public static final RunTimes NONE = new RunTimes(Duration.ZERO, Duration.ZERO);

    /** Both, one after the other. */
    public RunTimes plus(RunTimes next) {
        return new RunTimes(queued.plus(next.queued), computed.plus(next.computed));
    }
}
