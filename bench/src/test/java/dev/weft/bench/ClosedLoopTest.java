package dev.weft.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.weft.bench.ClosedLoop.Result;
import dev.weft.bench.ClosedLoop.Rounds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListSet;
import org.junit.jupiter.api.Test;

class ClosedLoopTest {

    private static final Duration SHORT = Duration.ofMillis(5);

    @Test
    void mergedRoundsHaveTheLatenciesAndTheTimeOfBoth() {
        Result fast = result(100, 1, 1.0);
        Result slow = result(300, 10, 3.0);

        Result both = fast.plus(slow);

        assertThat(both.requests()).isEqualTo(400);
        assertThat(both.rowsPerSecond()).isEqualTo(200);
        assertThat(both.tokensPerSecond()).isEqualTo(1000);
        assertThat(both.latencies().count()).isEqualTo(400);
        assertThat(both.latencies().millisAt(24)).isCloseTo(1, within(0.01));
        assertThat(both.latencies().millisAt(26)).isCloseTo(10, within(0.01));
    }

    @Test
    void mergingLeavesWhatIsMergedAlone() {
        Result first = result(100, 1, 1.0);

        Result both = Result.NONE.plus(first).plus(first);

        assertThat(both.latencies().count()).isEqualTo(200);
        assertThat(first.latencies().count()).isEqualTo(100);
        assertThat(Result.NONE.latencies().count()).isZero();
    }

    @Test
    void eachRoundBeginsWithAnotherTarget() throws InterruptedException {
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        List<Target> targets = List.of(new ScriptedTarget("a", order), new ScriptedTarget("b", order));

        ClosedLoop.interleaved(targets, 1, new Rounds(2, SHORT, SHORT));

        assertThat(runs(order)).containsExactly("a", "b", "a");
    }

    @Test
    void numbersGoOnFromRoundToRoundAndNoneIsSentTwice() throws InterruptedException {
        ScriptedTarget target = new ScriptedTarget("a", new ArrayList<>());

        List<Result> results = ClosedLoop.interleaved(List.of(target), 4, new Rounds(3, SHORT, Duration.ZERO));

        int ofLeadIns = 3 * 4;
        assertThat(target.numbers).hasSize(ofLeadIns + (int) results.getFirst().requests());
        assertThat(target.numbers.getLast()).isEqualTo(target.numbers.size() - 1);
    }

    @Test
    void failuresAreCountedAndHaveNoLatency() throws InterruptedException {
        Target failing = new ScriptedTarget("a", new ArrayList<>()) {
            @Override
            public int call(int number) {
                super.call(number);
                if (number % 2 == 0) {
                    throw new IllegalStateException("even");
                }
                return 5;
            }
        };

        Result result = ClosedLoop.run(failing, 1, SHORT);

        assertThat(result.failures()).isBetween(result.requests(), result.requests() + 1);
        assertThat(result.latencies().count()).isEqualTo(result.requests());
        assertThat(result.tokens()).isEqualTo(5 * result.requests());
        assertThat(result.failure()).contains("even");
    }

    private static Result result(int requests, long millis, double seconds) {
        Latencies latencies = new Latencies();
        for (int i = 0; i < requests; i++) {
            latencies.record(Duration.ofMillis(millis).toNanos());
        }
        return new Result(requests, 2L * requests, 10L * requests, 0, "", seconds, latencies);
    }

    private static List<String> runs(List<String> order) {
        List<String> runs = new ArrayList<>();
        for (String label : order) {
            if (runs.isEmpty() || !runs.getLast().equals(label)) {
                runs.add(label);
            }
        }
        return runs;
    }

    private static class ScriptedTarget implements Target {
        private final String label;
        private final List<String> order;
        private final ConcurrentSkipListSet<Integer> numbers = new ConcurrentSkipListSet<>();

        private ScriptedTarget(String label, List<String> order) {
            this.label = label;
            this.order = Collections.synchronizedList(order);
        }

        @Override
        public String label() {
            return label;
        }

        @Override
        public int rows() {
            return 2;
        }

        @Override
        public int call(int number) {
            order.add(label);
            assertThat(numbers.add(number)).isTrue();
            return 5;
        }
    }
}
