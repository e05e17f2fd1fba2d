package dev.weft.inference.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.inference.modelpackage.ModelId;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class InFlightTest {

    private static final Duration LONG = Duration.ofSeconds(30);
    private static final ModelId INTENT = new ModelId("intent", 1);

    @Test
    void noNumberOfRequestsIsTooLarge() {
        InFlight inFlight = new InFlight(INTENT, () -> {});

        for (int request = 0; request < 100_000; request++) {
            assertThat(inFlight.enter()).isTrue();
        }
        for (int request = 0; request < 100_000; request++) {
            inFlight.leave();
        }

        assertThat(inFlight.isEmpty()).isTrue();
        assertThat(inFlight.retire(LONG)).isTrue();
        assertThat(inFlight.enter()).isFalse();
    }

    @Test
    void errorWhileFreeingIsToldAtOnce() {
        InFlight inFlight = new InFlight(INTENT, () -> {
            throw new StackOverflowError("injected");
        });
        long start = System.nanoTime();

        assertThat(inFlight.retire(LONG)).isFalse();

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(LONG);
    }
}
