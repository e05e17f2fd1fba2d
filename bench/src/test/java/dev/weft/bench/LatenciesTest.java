package dev.weft.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LatenciesTest {

    @Test
    void nothingHasNoPercentile() {
        assertThat(new Latencies().millisAt(50)).isNaN();
    }

    @Test
    void durationBeyondTheLongestCountsAsTheLongest() {
        Latencies latencies = new Latencies();

        latencies.record(Duration.ofHours(1).toNanos());

        assertThat(latencies.millisAt(100)).isCloseTo(600_000.0, within(1000.0));
    }
}
