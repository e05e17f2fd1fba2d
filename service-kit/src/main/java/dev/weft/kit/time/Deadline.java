package dev.weft.kit.time;

import java.time.Duration;

/**
 * A point on this process' monotonic clock after which nobody waits for the answer.
 *
 * @param nanoTime the point, in the terms of {@link System#nanoTime()}
 */
public record Deadline(long nanoTime) {

    /** The deadline that lies {@code timeout} ahead of now. */
    public static Deadline after(Duration timeout) {
        return new Deadline(System.nanoTime() + timeout.toNanos());
    }

    /** Time left; zero when it has passed. */
    public Duration remaining() {
        return Duration.ofNanos(Math.max(0, nanoTime - System.nanoTime()));
    }

    /** True when it has passed. */
    public boolean isExpired() {
        return nanoTime - System.nanoTime() <= 0;
    }

    /** The one of the two that passes first. */
    public Deadline earlier(Deadline other) {
        return nanoTime - other.nanoTime <= 0 ? this : other;
    }
}
