package dev.weft.kit.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackoffTest {

    private final Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(2));

    @ParameterizedTest
    @CsvSource({"1, 100", "2, 200", "3, 400", "5, 1600", "6, 2000", "1000, 2000"})
    void pausesDoubleUpToTheLongest(int failures, long longestMs) {
        for (int i = 0; i < 100; i++) {
            assertThat(backoff.after(failures))
                    .isBetween(Duration.ofMillis(longestMs / 2), Duration.ofMillis(longestMs));
        }
    }
}
