package dev.weft.bench;

import java.util.Random;

/** When requests arrive that know nothing of each other: the gaps are exponential. The same seed gives the same arrivals. */
final class PoissonArrivals {

    private final Random random;
    private final double meanGapNanos;
    private double nextNanos;

    PoissonArrivals(double perSecond, long seed) {
        if (!(perSecond > 0)) {
            throw new IllegalArgumentException("arrivals per second: " + perSecond + " (expected: more than 0)");
        }
        this.random = new Random(seed);
        this.meanGapNanos = 1e9 / perSecond;
    }

    /** The next arrival, in nanoseconds after the start. */
    long next() {
        // 1 - u lies in (0, 1], of which there is a logarithm.
        nextNanos -= Math.log(1 - random.nextDouble()) * meanGapNanos;
        return (long) nextNanos;
    }
}
