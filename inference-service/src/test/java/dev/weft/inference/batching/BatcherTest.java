package dev.weft.inference.batching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@SuppressWarnings("FutureReturnValueIgnored") // what a test does not look at is completed when it closes the batcher
class BatcherTest {

    private static final Duration LONG = Duration.ofSeconds(30);

    /** Its result is its number times its batch-mates' absence: the number itself, whoever shares the batch. */
    private static final class Sample implements Row {
        private final int value;
        private final int length;
        private volatile int result = -1;

        private Sample(int value, int length) {
            this.value = value;
            this.length = length;
        }

        @Override
        public int length() {
            return length;
        }
    }

    private final CountDownLatch gate = new CountDownLatch(1);
    private final List<List<Integer>> runs = Collections.synchronizedList(new ArrayList<>());
    private Batcher<Sample> batcher = batcher(1, 4, new BatchLimits(8, 1_000, 1_000));

    private Batcher<Sample> batcher(int sessions, int capacity, BatchLimits limits) {
        return new Batcher<>(
                new Batcher.Settings("intent:1", sessions, capacity, LONG, limits), () -> this::run, (_, _, _) -> {});
    }

    /** A value of 0 occupies the session until the gate opens; a negative one cannot be computed. */
    private void run(List<Sample> rows) {
        List<Integer> values = rows.stream().map(row -> row.value).toList();
        runs.add(values);
        if (values.contains(0)) {
            try {
                assertThat(gate.await(30, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        if (values.stream().anyMatch(value -> value < 0)) {
            throw new InvalidArgument("negative");
        }
        rows.forEach(row -> row.result = row.value);
    }

    @AfterEach
    void close() {
        gate.countDown();
        batcher.close();
    }

    private static List<Sample> numbers(int... values) {
        return IntStream.of(values).mapToObj(value -> new Sample(value, 10)).toList();
    }

    private CompletableFuture<RunTimes> submit(int... values) {
        return batcher.submit(numbers(values), Priority.INTERACTIVE, Deadline.after(LONG));
    }

    private CompletableFuture<RunTimes> occupySession() {
        CompletableFuture<RunTimes> run = submit(0);
        await().untilAsserted(() -> assertThat(runs).hasSize(1));
        return run;
    }

    @Test
    void waitingRowsOfSeveralRequestsAreComputedTogether() {
        occupySession();
        CompletableFuture<RunTimes> first = submit(1, 2);
        CompletableFuture<RunTimes> second = submit(3);

        gate.countDown();

        assertThat(first).succeedsWithin(LONG);
        assertThat(second).succeedsWithin(LONG).satisfies(times -> {
            assertThat(times.queued()).isPositive();
            assertThat(times.computed()).isPositive();
        });
        assertThat(runs.get(1)).containsExactlyInAnyOrder(1, 2, 3);
    }

    @Test
    void sessionIsKeptFreeOfBatchRunsWhileInteractiveRowsCome() {
        batcher.close();
        batcher = new Batcher<>(
                new Batcher.Settings("intent:1", 2, 100, LONG, new BatchLimits(1, 1_000, 1_000)),
                () -> this::run,
                (_, _, _) -> {},
                () -> 0);
        assertThat(submit(1)).succeedsWithin(LONG);
        CompletableFuture<RunTimes> bulk = batcher.submit(numbers(0, 0, 0), Priority.BATCH, Deadline.after(LONG));
        await().until(() -> runs.size() == 2);

        assertThat(submit(2)).as("does not wait for a batch run").succeedsWithin(LONG);
        assertThat(runs).containsExactly(List.of(1), List.of(0), List.of(2));
        assertThat(batcher.waiting()).isEqualTo(2);

        gate.countDown();
        assertThat(bulk).succeedsWithin(LONG);
    }

    @Test
    void batchHasAllSessionsWhenNobodyElseComes() {
        batcher.close();
        batcher = batcher(2, 100, new BatchLimits(1, 1_000, 1_000));
        CompletableFuture<RunTimes> bulk = batcher.submit(numbers(0, 0, 0), Priority.BATCH, Deadline.after(LONG));

        await().untilAsserted(() -> assertThat(runs).hasSize(2));
        gate.countDown();
        assertThat(bulk).succeedsWithin(LONG);
    }

    @Test
    void fullQueueRefusesAtOnceAndSaysWhenToComeAgain() {
        occupySession();
        submit(1, 2, 3, 4);

        assertThatThrownBy(() -> submit(5))
                .isInstanceOfSatisfying(ResourceExhausted.class, exhausted -> assertThat(exhausted.retryAfter())
                        .isPositive())
                .hasMessage("queue of model 'intent:1': 4 rows wait and 1 more came (expected: at most 4 in all)");
    }

    @Test
    void expiredRowsMakeRoomForOthers() {
        occupySession();
        CompletableFuture<RunTimes> expired =
                batcher.submit(numbers(1, 2, 3, 4), Priority.INTERACTIVE, Deadline.after(Duration.ofMillis(1)));
        await().until(() -> Deadline.after(Duration.ZERO).isExpired());

        CompletableFuture<RunTimes> next =
                await().ignoreExceptionsInstanceOf(ResourceExhausted.class).until(() -> submit(5), run -> true);
        gate.countDown();

        assertThat(expired).failsWithin(LONG).withThrowableThat().withCauseInstanceOf(DeadlineExceeded.class);
        assertThat(next).succeedsWithin(LONG);
        assertThat(runs).hasSize(2).contains(List.of(5));
    }

    @Test
    void waitingRequestLearnsOfItsDeadlineWhileTheSessionIsBusy() {
        occupySession();
        CompletableFuture<RunTimes> late =
                batcher.submit(numbers(1), Priority.INTERACTIVE, Deadline.after(Duration.ofMillis(5)));

        await().untilAsserted(() -> {
            batcher.expire();
            assertThat(late).isCompletedExceptionally();
        });

        assertThat(batcher.waiting()).isZero();
    }

    @Test
    void requestThatWouldWaitPastItsDeadlineIsRefused() {
        batcher.close();
        // A row takes 10 ms as far as can be told: the clock of a run is what the runner lets pass.
        batcher = new Batcher<>(
                new Batcher.Settings("intent:1", 1, 1_000, LONG, BatchLimits.single()),
                () -> rows -> await().pollInterval(Duration.ofMillis(1))
                        .pollDelay(Duration.ofMillis(10))
                        .until(() -> true),
                (_, _, _) -> {});
        for (int run = 0; run < 40; run++) {
            assertThat(submit(1)).succeedsWithin(LONG);
        }
        batcher.submit(numbers(new int[200]), Priority.INTERACTIVE, Deadline.after(LONG));

        assertThatThrownBy(
                        () -> batcher.submit(numbers(1), Priority.INTERACTIVE, Deadline.after(Duration.ofMillis(500))))
                .isInstanceOf(ResourceExhausted.class)
                .hasMessageMatching(
                        "queue of model 'intent:1': a wait of about \\d+ ms \\(expected: at most \\d+ ms\\)");
        assertThat(batcher.submit(numbers(1), Priority.INTERACTIVE, Deadline.after(LONG)))
                .succeedsWithin(LONG);
    }

    @Test
    void cancelledRequestIsNotComputed() {
        occupySession();
        CompletableFuture<RunTimes> cancelled = submit(1, 2);
        CompletableFuture<RunTimes> kept = submit(3);

        cancelled.cancel(false);
        assertThat(batcher.waiting()).isEqualTo(1);
        gate.countDown();

        assertThat(kept).succeedsWithin(LONG);
        assertThat(runs).containsExactly(List.of(0), List.of(3));
    }

    @Test
    void rowThatCannotBeComputedFailsItsOwnRequestOnly() {
        occupySession();
        CompletableFuture<RunTimes> good = submit(1);
        CompletableFuture<RunTimes> bad = submit(-1);

        gate.countDown();

        assertThat(good).succeedsWithin(LONG);
        assertThat(bad).failsWithin(LONG).withThrowableThat().withCauseInstanceOf(InvalidArgument.class);
    }

    @Test
    void sessionOutlivesWhateverIsThrownAtIt() {
        batcher.close();
        AtomicInteger told = new AtomicInteger();
        batcher = new Batcher<>(
                new Batcher.Settings("intent:1", 1, 4, LONG, BatchLimits.single()), () -> this::run, (_, _, _) -> {
                    if (told.incrementAndGet() == 1) {
                        throw new OutOfMemoryError("injected");
                    }
                });

        assertThat(submit(1)).failsWithin(LONG).withThrowableThat().withCauseInstanceOf(Internal.class);
        await().until(() -> batcher.runOnIdleSession(() -> {
            throw new OutOfMemoryError("injected");
        }));
        assertThat(submit(2)).succeedsWithin(LONG);
    }

    @Test
    void requestLearnsOfItsDeadlineWhileItIsComputed() {
        CompletableFuture<RunTimes> late =
                batcher.submit(numbers(0), Priority.INTERACTIVE, Deadline.after(Duration.ofSeconds(1)));
        await().untilAsserted(() -> assertThat(runs).hasSize(1));

        await().untilAsserted(() -> {
            batcher.expire();
            assertThat(late).isCompletedExceptionally();
        });

        assertThat(late).failsWithin(LONG).withThrowableThat().withCauseInstanceOf(DeadlineExceeded.class);
    }

    @Test
    void preparationRunsOnAnIdleSessionAndNotOnABusyOne() {
        CompletableFuture<String> thread = new CompletableFuture<>();

        await().until(() -> batcher.runOnIdleSession(
                () -> thread.complete(Thread.currentThread().getName())));
        assertThat(thread).succeedsWithin(LONG).isEqualTo("session-intent:1-0");

        occupySession();
        assertThat(batcher.runOnIdleSession(() -> {})).isFalse();
    }

    @Test
    void furtherPartsOfARequestWaitForRoom() throws InterruptedException {
        occupySession();
        submit(1, 2, 3);
        CompletableFuture<RunTimes> later = new CompletableFuture<>();
        Thread part = Thread.startVirtualThread(
                () -> batcher.submitWhenRoom(numbers(4, 5), Priority.INTERACTIVE, Deadline.after(LONG))
                        .thenAccept(later::complete));

        gate.countDown();

        assertThat(later).succeedsWithin(LONG);
        assertThat(part.join(LONG)).isTrue();
        assertThatThrownBy(() -> {
                    batcher.close();
                    batcher.submitWhenRoom(numbers(1), Priority.BATCH, Deadline.after(LONG));
                })
                .isInstanceOf(Unavailable.class);
    }

    @Test
    void closingFinishesWhatWaits() {
        occupySession();
        CompletableFuture<RunTimes> waiting = submit(1);

        assertThat(batcher.close(Duration.ofMillis(1))).as("a run computes").isFalse();
        gate.countDown();

        assertThat(batcher.close(LONG)).isTrue();
        assertThat(waiting).isCompleted();
        assertThatThrownBy(() -> submit(2)).isInstanceOf(Unavailable.class);
    }

    /** Many clients, random shapes, some cancelled, some expired: whoever gets an answer gets their own. */
    @Test
    void everyAnswerReturnsToItsOwner() throws Exception {
        batcher.close();
        batcher = batcher(3, 2_000, new BatchLimits(6, 90, 3));
        gate.countDown();
        long seed = System.nanoTime();
        AtomicInteger answered = new AtomicInteger();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> loops = new ArrayList<>();
            for (int client = 0; client < 16; client++) {
                Random random = new Random(seed + client);
                loops.add(clients.submit(() -> {
                    for (int i = 0; i < 300; i++) {
                        if (askRandomly(random)) {
                            answered.incrementAndGet();
                        }
                    }
                }));
            }
            for (Future<?> loop : loops) {
                loop.get(60, TimeUnit.SECONDS);
            }
        }

        assertThat(answered).as("seed %d", seed).hasPositiveValue();
        assertThat(batcher.waiting()).isZero();
    }

    private boolean askRandomly(Random random) {
        List<Sample> rows = random.ints(random.nextInt(1, 9), 1, 1_000)
                .mapToObj(value -> new Sample(value, random.nextInt(1, 40)))
                .toList();
        Priority priority = random.nextBoolean() ? Priority.INTERACTIVE : Priority.BATCH;
        boolean hurried = random.nextInt(10) == 0;
        CompletableFuture<RunTimes> run;
        try {
            run = batcher.submit(rows, priority, Deadline.after(hurried ? Duration.ofNanos(1) : LONG));
        } catch (ResourceExhausted _) {
            return false;
        }
        if (random.nextInt(10) == 0) {
            run.cancel(false);
            return false;
        }
        if (hurried) {
            run.exceptionally(_ -> RunTimes.NONE).join();
            return false;
        }
        assertThat(run).succeedsWithin(LONG);
        assertThat(rows).allSatisfy(row -> assertThat(row.result).isEqualTo(row.value));
        return true;
    }
}
