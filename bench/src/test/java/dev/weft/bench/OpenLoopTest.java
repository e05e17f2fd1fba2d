package dev.weft.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.weft.bench.OpenLoop.Load;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Queue;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class OpenLoopTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final SteppedClock clock = new SteppedClock();
    private final OpenLoop loop = new OpenLoop(clock);

    /** A closed loop would have sent one request during the stall, and reported one slow answer. */
    @Test
    void stallOfTheServerIsPaidByEveryRequestThatWasDueMeanwhile() throws InterruptedException {
        OpenLoop.Sender sender = (number, _, done) -> {
            if (number == 0) {
                clock.advance(SECOND);
            }
            done.accept(Outcome.OK);
        };

        OpenLoop.Result result = loop.run(sender, load(1000, Duration.ZERO, Duration.ofSeconds(2), 10));

        // Those due in the first second wait for what is left of it: evenly from 1000 to 0 ms; the others for nothing.
        assertThat(result.offered()).isCloseTo(2000, within(150L));
        assertThat(result.latencies().count()).isEqualTo(result.offered());
        assertThat(result.latencies().millisAt(100)).isCloseTo(1000, within(5.0));
        assertThat(result.latencies().millisAt(75)).isCloseTo(500, within(60.0));
        assertThat(result.latencies().millisAt(40)).isCloseTo(0, within(1.0));
    }

    @Test
    void lagOfTheGeneratorIsReported() throws InterruptedException {
        OpenLoop.Sender slow = (_, _, done) -> {
            clock.advance(Duration.ofMillis(2));
            done.accept(Outcome.OK);
        };

        OpenLoop.Result result = loop.run(slow, load(1000, Duration.ZERO, SECOND, 10));

        assertThat(result.isGeneratorBehind()).isTrue();
        assertThat(result.lag().millisAt(100)).isCloseTo(1000, within(100.0));
    }

    @Test
    void requestsBeyondTheBoundAreCountedAndNotSent() throws InterruptedException {
        Queue<Consumer<Outcome>> unanswered = new ArrayDeque<>();
        clock.beforeSleep = () -> {
            if (clock.nanoTime() > SECOND.toNanos() / 2) {
                unanswered.forEach(done -> done.accept(Outcome.EXPIRED));
                unanswered.clear();
            }
        };
        OpenLoop.Sender sender = (_, _, done) -> {
            if (clock.nanoTime() < SECOND.toNanos() / 2) {
                unanswered.add(done);
            } else {
                done.accept(Outcome.OK);
            }
        };

        OpenLoop.Result result = loop.run(sender, load(1000, Duration.ZERO, SECOND, 100));

        assertThat(result.count(Outcome.EXPIRED)).isBetween(100L, 101L);
        assertThat(result.unsent()).isCloseTo(400, within(60L));
        assertThat(result.count(Outcome.OK) + result.count(Outcome.EXPIRED) + result.unsent())
                .isEqualTo(result.offered());
        assertThat(result.isGeneratorBehind()).isTrue();
    }

    @Test
    void everyOutcomeIsCountedAndOnlyAnswersHaveALatency() throws InterruptedException {
        OpenLoop.Sender sender = (number, _, done) -> {
            clock.advance(Duration.ofNanos(100));
            done.accept(List.copyOf(EnumSet.allOf(Outcome.class)).get(number % 4));
        };

        OpenLoop.Result result = loop.run(sender, load(1000, Duration.ZERO, SECOND, 10));

        long quarter = result.offered() / 4;
        for (Outcome outcome : Outcome.values()) {
            assertThat(result.count(outcome)).isBetween(quarter, quarter + 1);
        }
        assertThat(result.latencies().count()).isEqualTo(result.count(Outcome.OK));
        assertThat((long) result.goodputPerSecond()).isEqualTo(result.count(Outcome.OK));
    }

    @Test
    void leadInIsSentAndNotCounted() throws InterruptedException {
        List<Integer> sent = new ArrayList<>();
        OpenLoop.Sender sender = (number, _, done) -> {
            sent.add(number);
            done.accept(Outcome.OK);
        };

        OpenLoop.Result result = loop.run(sender, load(1000, SECOND, SECOND, 10));

        assertThat(sent).hasSizeBetween(1850, 2150);
        assertThat(result.offered()).isCloseTo(1000, within(100L));
        assertThat(result.count(Outcome.OK)).isEqualTo(result.offered());
        assertThat((long) result.goodputPerSecond()).isEqualTo(result.offered());
    }

    @Test
    void deadlineCountsFromWhenTheRequestWasDue() throws InterruptedException {
        List<Duration> timeouts = new ArrayList<>();
        OpenLoop.Sender sender = (number, timeout, done) -> {
            timeouts.add(timeout);
            if (number == 0) {
                clock.advance(Duration.ofMillis(400));
            }
            done.accept(Outcome.OK);
        };

        loop.run(sender, load(100, Duration.ZERO, SECOND, 10));

        assertThat(timeouts.getFirst()).isEqualTo(SECOND);
        assertThat(timeouts.get(1)).isBetween(Duration.ofMillis(600), Duration.ofMillis(660));
        assertThat(timeouts.getLast()).isEqualTo(SECOND);
    }

    private static Load load(double perSecond, Duration leadIn, Duration length, int maxOutstanding) {
        return new Load(perSecond, 1, leadIn, length, SECOND, maxOutstanding);
    }

    /** Stands still but when somebody sleeps or works. */
    private static final class SteppedClock implements OpenLoop.Clock {
        private long now;
        private Runnable beforeSleep = () -> {};

        @Override
        public long nanoTime() {
            return now;
        }

        @Override
        public void sleepUntil(long nanoTime) {
            beforeSleep.run();
            now = Math.max(now, nanoTime);
        }

        private void advance(Duration duration) {
            now += duration.toNanos();
        }
    }
}
