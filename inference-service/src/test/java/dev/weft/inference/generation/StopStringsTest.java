package dev.weft.inference.generation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class StopStringsTest {

    @Test
    void stopThatSpansPiecesIsFoundAndNothingOfItIsGivenOut() {
        StopStrings stops = new StopStrings(List.of("\n\nUser:"));

        String out = stops.append("Yes.\n") + stops.append("\nUs") + stops.append("er: no");

        assertThat(out).isEqualTo("Yes.");
        assertThat(stops.isStopped()).isTrue();
        assertThat(stops.append("more")).isEmpty();
    }

    @Test
    void beginningThatGoesOnOtherwiseIsText() {
        StopStrings stops = new StopStrings(List.of("###"));

        assertThat(stops.append("a##")).isEqualTo("a");
        assertThat(stops.append("b#")).isEqualTo("##b");
        assertThat(stops.finish()).isEqualTo("#");
        assertThat(stops.isStopped()).isFalse();
    }

    @Test
    void earliestOfSeveralStopsCounts() {
        StopStrings stops = new StopStrings(List.of("late", "ear"));

        assertThat(stops.append("an early later")).isEqualTo("an ");
    }

    @Test
    void overlappingBeginningsAreHeldBackAsFarAsNeeded() {
        StopStrings stops = new StopStrings(List.of("aab"));

        assertThat(stops.append("aa")).isEmpty();
        assertThat(stops.append("a")).isEqualTo("a");
        assertThat(stops.append("b")).isEmpty();
        assertThat(stops.isStopped()).isTrue();
    }

    @Test
    void withoutStopsNothingIsHeldBack() {
        assertThat(new StopStrings(List.of()).append("text")).isEqualTo("text");
    }
}
