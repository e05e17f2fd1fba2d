package dev.weft.training.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ProgressTest {

    private static final Instant START = Instant.parse("2026-03-01T10:00:00Z");

    @Test
    void timeLeftFollowsThePaceBetweenReportsAndNotTheTimeBefore() {
        Progress progress = new Progress(0.6, START.plusSeconds(40), 0.2, START);

        assertThat(progress.timeLeft(START.plusSeconds(40))).contains(Duration.ofSeconds(40));
        assertThat(progress.timeLeft(START.plusSeconds(50))).contains(Duration.ofSeconds(30));
    }

    @Test
    void littleProgressIsNoGroundForAGuess() {
        assertThat(new Progress(0.21, START.plusSeconds(40), 0.2, START).timeLeft(START.plusSeconds(40)))
                .isEmpty();
        assertThat(new Progress(0.2, START, 0.2, START).timeLeft(START.plusSeconds(9)))
                .isEmpty();
    }

    @Test
    void silentRunIsNotBelieved() {
        Progress progress = new Progress(0.3, START.plusSeconds(10), 0.2, START);

        assertThat(progress.timeLeft(START.plusSeconds(41))).isEmpty();
        assertThat(new Progress(0.9, START.plusSeconds(10), 0.2, START).timeLeft(START.plusSeconds(15)))
                .isEmpty();
    }
}
