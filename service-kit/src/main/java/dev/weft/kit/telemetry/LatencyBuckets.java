package dev.weft.kit.telemetry;

import java.time.Duration;

/** Upper bounds of the histograms of all latencies, so that they can be added up over services: 1 ms to 10 s, about 2.2 times each. */
public final class LatencyBuckets {

    private LatencyBuckets() {}

    /** The bounds, ascending; the array is the caller's. */
    public static Duration[] bounds() {
        return new Duration[] {
            Duration.ofMillis(1),
            Duration.ofNanos(2_500_000),
            Duration.ofMillis(5),
            Duration.ofMillis(10),
            Duration.ofMillis(25),
            Duration.ofMillis(50),
            Duration.ofMillis(100),
            Duration.ofMillis(250),
            Duration.ofMillis(500),
            Duration.ofSeconds(1),
            Duration.ofMillis(2500),
            Duration.ofSeconds(5),
            Duration.ofSeconds(10)
        };
    }
}
