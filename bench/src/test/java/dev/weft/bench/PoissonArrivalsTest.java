package dev.weft.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class PoissonArrivalsTest {

    private static final int COUNT = 100_000;

    @Test
    void sameSeedGivesTheSameArrivals() {
        long[] first = arrivals(500, 7);

        assertThat(arrivals(500, 7)).isEqualTo(first);
        assertThat(arrivals(500, 8)).isNotEqualTo(first);
    }

    @Test
    void rateIsTheOneThatWasAskedFor() {
        long[] arrivals = arrivals(500, 1);

        assertThat(COUNT / (arrivals[COUNT - 1] / 1e9)).isCloseTo(500, within(5.0));
    }

    /** Exponential gaps have a standard deviation as large as their mean, and e^-1 of them are longer than the mean. */
    @Test
    void gapsAreExponential() {
        double[] gaps = gaps(arrivals(1000, 1));
        double mean = LongStream.range(0, gaps.length)
                .mapToDouble(i -> gaps[(int) i])
                .average()
                .orElseThrow();
        double variance = java.util.Arrays.stream(gaps)
                .map(gap -> (gap - mean) * (gap - mean))
                .average()
                .orElseThrow();
        double longer = java.util.Arrays.stream(gaps).filter(gap -> gap > mean).count() / (double) gaps.length;

        assertThat(Math.sqrt(variance) / mean).isCloseTo(1, within(0.02));
        assertThat(longer).isCloseTo(Math.exp(-1), within(0.01));
    }

    @Test
    void arrivalsNeverGoBack() {
        assertThat(arrivals(1e6, 3)).isSorted();
    }

    @Test
    void rateOfNothingIsRefused() {
        assertThatThrownBy(() -> new PoissonArrivals(0, 1)).hasMessageContaining("expected: more than 0");
    }

    private static long[] arrivals(double perSecond, long seed) {
        PoissonArrivals arrivals = new PoissonArrivals(perSecond, seed);
        return LongStream.generate(arrivals::next).limit(COUNT).toArray();
    }

    private static double[] gaps(long[] arrivals) {
        double[] gaps = new double[arrivals.length - 1];
        for (int i = 0; i < gaps.length; i++) {
            gaps[i] = arrivals[i + 1] - arrivals[i];
        }
        return gaps;
    }
}
