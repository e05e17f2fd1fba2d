package dev.weft.gateway.usage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.gateway.fixtures.SteppingClock;
import dev.weft.gateway.keys.Caller;
import dev.weft.gateway.keys.Scope;
import dev.weft.kit.identity.AllowedModels;
import dev.weft.kit.rpc.CallEffort;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class UsageCountersTest {

    private static final Caller CALLER = new Caller("k1", "test", Set.of(Scope.INFER), AllowedModels.ALL);

    private final SteppingClock clock = new SteppingClock(Instant.parse("2027-01-01T10:59:59Z"));
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final UsageCounters counters = new UsageCounters(
            new Prices(new UsageFixtures.Free()),
            new UsageMetrics(registry, new UsageFixtures.Free()),
            new MonthlySpending(clock),
            clock);

    private static Tally tally(String model, CallEffort effort) {
        Tally tally = new Tally();
        tally.asked(model, "cpu");
        tally.add(effort);
        return tally;
    }

    @Test
    void usageIsCountedByTheHourInWhichRequestsEnd() {
        counters.add(CALLER, tally("intent", new CallEffort(2, 10, 3, 700)), false);
        clock.advance(Duration.ofSeconds(1));
        counters.add(CALLER, tally("intent", CallEffort.NONE), true);

        SortedMap<UsageKey, UsageSum> drained = counters.drain();

        assertThat(drained.values())
                .containsExactly(new UsageSum(1, 0, 2, 10, 3, 700, 0), new UsageSum(1, 1, 0, 0, 0, 0, 0));
        assertThat(drained.firstKey().start()).isEqualTo(Instant.parse("2027-01-01T10:00:00Z"));
        assertThat(drained.lastKey().start()).isEqualTo(Instant.parse("2027-01-01T11:00:00Z"));
        assertThat(counters.drain()).isEmpty();
    }

    @Test
    void requestThatAskedNoModelIsNotCounted() {
        counters.add(CALLER, new Tally(), true);
        Tally unknown = tally("typo", CallEffort.NONE);
        unknown.unknownModel();
        counters.add(CALLER, unknown, true);

        assertThat(counters.drain()).isEmpty();
    }

    @Test
    void nothingIsLostOrTwiceWhileRequestsEndAndCountersAreDrained() {
        AtomicBoolean stop = new AtomicBoolean();
        List<SortedMap<UsageKey, UsageSum>> drained = new ArrayList<>();
        CompletableFuture<Void> drainer;
        try (ExecutorService threads = Executors.newFixedThreadPool(5)) {
            drainer = CompletableFuture.runAsync(
                    () -> {
                        while (!stop.get()) {
                            drained.add(counters.drain());
                        }
                    },
                    threads);
            List<CompletableFuture<Void>> adders = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                String model = "m" + i % 2;
                adders.add(CompletableFuture.runAsync(
                        () -> {
                            for (int j = 0; j < 20_000; j++) {
                                counters.add(CALLER, tally(model, new CallEffort(1, 3, 2, 5)), false);
                            }
                        },
                        threads));
            }
            adders.forEach(CompletableFuture::join);
            stop.set(true);
            drainer.join();
        }
        drained.add(counters.drain());

        for (String model : List.of("m0", "m1")) {
            List<UsageSum> sums = drained.stream()
                    .flatMap(each -> each.entrySet().stream())
                    .filter(entry -> entry.getKey().model().equals(model))
                    .map(Map.Entry::getValue)
                    .toList();
            assertThat(sums.stream().mapToLong(UsageSum::requests).sum()).isEqualTo(40_000);
            assertThat(sums.stream().mapToLong(UsageSum::promptTokens).sum()).isEqualTo(120_000);
            assertThat(sums.stream().mapToLong(UsageSum::computeMicros).sum()).isEqualTo(200_000);
        }
        assertThat(registry.get("weft.gateway.tokens")
                        .tag("model", "m0")
                        .tag("kind", "prompt")
                        .counter()
                        .count())
                .isEqualTo(120_000);
    }

    @Test
    void namesThatTheDatabaseWouldNotTakeAreMended() {
        counters.add(CALLER, tally("a\0b\ud800", CallEffort.NONE), false);
        counters.add(CALLER, tally("x".repeat(500), CallEffort.NONE), false);

        assertThat(counters.drain().keySet())
                .extracting(UsageKey::model)
                .containsExactlyInAnyOrder("a?b?", "x".repeat(200));
    }
}
