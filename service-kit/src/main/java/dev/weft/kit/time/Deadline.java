package dev.weft.kit.time;

import java.time.Duration;

/**
 * A point on this process' monotonic clock after which nobody waits for the answer.
 *
 * @param nanoTime the point, in the terms of {@link System#nanoTime()}
 */
public record Deadline(long nanoTime) {

    /** Half of what the clock can count, so that the difference of any two deadlines can be counted too. */
    private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE / 2);

    /** The deadline that lies {@code timeout} ahead of now, or 146 years when that is more. */
    public static Deadline after(Duration timeout) {
        Duration bounded = timeout.compareTo(LONGEST) < 0 ? timeout : LONGEST;
        return new Deadline(System.nanoTime() + bounded.toNanos());
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
