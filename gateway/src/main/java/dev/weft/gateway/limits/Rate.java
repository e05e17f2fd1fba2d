package dev.weft.gateway.limits;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A token bucket, kept as one number: the time at which it will be full again (the generic cell rate algorithm's theoretical arrival time). What is
 * taken moves it into the future; a bucket that is charged more than it holds is in debt, and its time lies further ahead than it takes to fill it.
 * Lock-free; all times are of {@link System#nanoTime()}.
 */
final class Rate {

    /** Debts end some day, whatever is charged. */
    private static final long LONGEST_DEBT = TimeUnit.DAYS.toNanos(30);

    private final double nanosEach;
    private final long capacityNanos;
    private final AtomicLong fullAt;

    /**
     * @param perSecond what comes back in a second
     * @param capacity what a full bucket holds
     */
    Rate(double perSecond, double capacity, long now) {
        this.nanosEach = 1e9 / perSecond;
        this.capacityNanos = (long) (nanosEach * capacity);
        this.fullAt = new AtomicLong(now);
    }

    /** Takes one; returns 0, or the nanoseconds after which there is one again. */
    long take(long now) {
        while (true) {
            long at = fullAt.get();
            long next = Math.max(0, at - now) + (long) nanosEach;
            if (next > capacityNanos) {
                return next - capacityNanos;
            }
            if (fullAt.compareAndSet(at, now + next)) {
                return 0;
            }
        }
    }

    /** Nanoseconds until there is one; 0 when there is. */
    long waitForOne(long now) {
        return Math.max(0, Math.max(0, fullAt.get() - now) + (long) nanosEach - capacityNanos);
    }

    /** Takes so much, whether it is there or not. */
    void charge(long now, long amount) {
        double cost = amount * nanosEach;
        fullAt.updateAndGet(at -> now + (long) Math.min((double) LONGEST_DEBT, Math.max(0, at - now) + cost));
    }

    /** What is there, in whole units; 0 in debt. */
    long remaining(long now) {
        long free = capacityNanos - Math.max(0, fullAt.get() - now);
        return free <= 0 ? 0 : (long) (free / nanosEach + 1e-6);
    }

    /** Nanoseconds until all is there. */
    long untilFull(long now) {
        return Math.max(0, fullAt.get() - now);
    }
}
