package dev.weft.gateway.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.database.Database;
import dev.weft.gateway.fixtures.ScriptedInference;
import dev.weft.gateway.usage.UsageReport.Group;
import dev.weft.gateway.usage.UsageReport.Query;
import dev.weft.testkit.DatabaseResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Instant;
import java.time.YearMonth;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Flushes against a real database. */
@QuarkusTest
@QuarkusTestResource(ScriptedInference.class)
@QuarkusTestResource(value = DatabaseResource.class, initArgs = @ResourceArg(name = "schema", value = "gateway"))
class UsageRepositoryTest {

    private static final long HOUR = 500_000;

    @Inject
    Database database;

    @Inject
    UsageReport report;

    private final String key = UUID.randomUUID().toString();

    private SortedMap<UsageKey, UsageSum> counted(long requests) {
        SortedMap<UsageKey, UsageSum> counted = new TreeMap<>();
        counted.put(new UsageKey(key, "intent", "cpu", HOUR), new UsageSum(requests, 1, 2, 3, 4, 5, 6));
        counted.put(new UsageKey(key, "intent", "gpu", HOUR + 1), new UsageSum(requests, 0, 0, 0, 0, 0, 0));
        return counted;
    }

    private boolean add(String instance, long sequence, long requests) {
        return database.inTransaction(
                connection -> UsageRepository.add(connection, instance, sequence, counted(requests)));
    }

    private long requests() {
        Instant from = new UsageKey("", "", "", HOUR).start();
        return report.sums(new Query(from, from.plusSeconds(7_200), Set.of(), key)).stream()
                .mapToLong(UsageReport.Row::requests)
                .sum();
    }

    @Test
    void flushAddsToWhatIsThere() {
        assertThat(add("a", 1, 10)).isTrue();
        assertThat(add("a", 2, 5)).isTrue();
        assertThat(add("b", 1, 1)).isTrue();

        assertThat(requests()).isEqualTo(32);
        Instant from = new UsageKey("", "", "", HOUR).start();
        UsageReport.Row first = report.sums(new Query(
                        from, from.plusSeconds(7_200), Set.of(Group.KEY, Group.MODEL, Group.BACKEND, Group.HOUR), key))
                .getFirst();
        assertThat(first).isEqualTo(new UsageReport.Row(key, null, "intent", "cpu", from, 16, 3, 6, 9, 12, 15, 18));
    }

    @Test
    void monthsAreTheSumsOfTheirHours() {
        Instant firstHourOfMay = Instant.parse("2027-05-01T00:00:00Z");
        long hour = firstHourOfMay.getEpochSecond() / UsageKey.SECONDS_PER_HOUR;
        SortedMap<UsageKey, UsageSum> counted = new TreeMap<>();
        counted.put(new UsageKey(key, "intent", "cpu", hour - 1), new UsageSum(1, 0, 1, 10, 20, 0, 7));
        counted.put(new UsageKey(key, "intent", "cpu", hour), new UsageSum(1, 0, 1, 1, 2, 0, 3));
        counted.put(new UsageKey(key, "other", "cpu", hour + 700), new UsageSum(1, 0, 1, 100, 200, 0, 4));
        String instance = UUID.randomUUID().toString();
        for (int i = 0; i < 2; i++) {
            int sequence = i;
            database.inTransaction(connection -> UsageRepository.add(connection, instance, sequence, counted));
        }

        assertThat(month(YearMonth.of(2027, 4))).isEqualTo(new UsageRepository.Month(60, 14));
        assertThat(month(YearMonth.of(2027, 5))).isEqualTo(new UsageRepository.Month(606, 14));
        assertThat(month(YearMonth.of(2027, 6))).isEqualTo(new UsageRepository.Month(0, 0));
    }

    private UsageRepository.@Nullable Month month(YearMonth month) {
        return database.inTransaction(connection -> UsageRepository.month(connection, month, List.of(key)))
                .get(key);
    }

    @Test
    void flushThatIsRepeatedIsNotCountedTwice() {
        String instance = UUID.randomUUID().toString();
        add(instance, 7, 10);

        assertThat(add(instance, 7, 10)).isFalse();
        assertThat(add(instance, 6, 10)).isFalse();

        assertThat(requests()).isEqualTo(20);
    }

    @Test
    void flushWaitsForAnEarlierAttemptWhoseCommitIsUnderWay() throws Exception {
        String instance = UUID.randomUUID().toString();
        CountDownLatch added = new CountDownLatch(1);
        CountDownLatch commit = new CountDownLatch(1);
        CompletableFuture<Boolean> first = inBackground(() -> database.inTransaction(connection -> {
            boolean done = UsageRepository.add(connection, instance, 1, counted(10));
            added.countDown();
            awaitUninterruptibly(commit);
            return done;
        }));
        awaitUninterruptibly(added);

        CompletableFuture<Boolean> second = inBackground(() -> add(instance, 1, 10));
        await().until(this::somebodyWaits);
        commit.countDown();

        assertThat(first.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(second.get(10, TimeUnit.SECONDS)).isFalse();
        assertThat(requests()).isEqualTo(20);
    }

    /** Not in the common pool, which may have one thread. */
    private static CompletableFuture<Boolean> inBackground(Supplier<Boolean> work) {
        return CompletableFuture.supplyAsync(work, Thread.ofVirtual()::start);
    }

    private boolean somebodyWaits() {
        return database.inTransaction(connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(
                            "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")) {
                row.next();
                return row.getLong(1) > 0;
            }
        });
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
