package dev.weft.inference.batching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RunQueueTest {

    private static final Duration LONG = Duration.ofSeconds(30);

    private final RunQueue queue = new RunQueue("intent:1", 1, 2);
    private final CountDownLatch gate = new CountDownLatch(1);
    private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();

    @AfterEach
    void close() {
        gate.countDown();
        queue.close(LONG);
        clients.close();
    }

    @Test
    void workIsComputedAndTimed() {
        RunQueue.Run<String> run = queue.run(() -> "vector", Deadline.after(LONG));

        assertThat(run.value()).isEqualTo("vector");
        assertThat(run.queued()).isPositive();
        assertThat(run.computed()).isPositive();
    }

    @Test
    void fullQueueRefusesAtOnce() {
        occupySession();
        submitAndAwaitPending(2);

        assertThatThrownBy(() -> queue.run(() -> "one too many", Deadline.after(LONG)))
                .isInstanceOfSatisfying(ResourceExhausted.class, exhausted -> assertThat(exhausted.retryAfter())
                        .isPositive())
                .hasMessage("queue of model 'intent:1': 2 runs waiting (expected: room)");
    }

    @Test
    void expiredRunIsDroppedBeforeCompute() {
        occupySession();
        AtomicBoolean computed = new AtomicBoolean();

        assertThatThrownBy(() -> queue.run(() -> computed.getAndSet(true), Deadline.after(Duration.ofMillis(20))))
                .isInstanceOf(DeadlineExceeded.class);

        gate.countDown();
        queue.run(() -> "next", Deadline.after(LONG));
        assertThat(computed).isFalse();
        assertThat(queue.pending()).isZero();
    }

    @Test
    void interruptedRunIsDroppedBeforeCompute() throws InterruptedException {
        occupySession();
        AtomicBoolean computed = new AtomicBoolean();
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        Thread client = Thread.ofVirtual().start(() -> {
            try {
                queue.run(() -> computed.getAndSet(true), Deadline.after(LONG));
            } catch (Cancelled e) {
                thrown.complete(e);
            }
        });
        await().untilAsserted(() -> assertThat(queue.pending()).isEqualTo(1));

        client.interrupt();

        assertThat(thrown).succeedsWithin(LONG).isInstanceOf(Cancelled.class);
        gate.countDown();
        queue.run(() -> "next", Deadline.after(LONG));
        assertThat(computed).isFalse();
    }

    @Test
    void failureOfTheWorkReachesItsCaller() {
        assertThatThrownBy(() -> queue.run(
                        () -> {
                            throw new InvalidArgument("the graph refuses its input");
                        },
                        Deadline.after(LONG)))
                .isInstanceOf(InvalidArgument.class);
    }

    @Test
    void errorOfTheWorkReachesItsCallerAndTheSessionGoesOn() {
        assertThatThrownBy(() -> queue.run(
                        () -> {
                            throw new OutOfMemoryError("made by the test");
                        },
                        Deadline.after(LONG)))
                .hasMessageContaining("OutOfMemoryError");

        assertThat(queue.run(() -> "next", Deadline.after(LONG)).value()).isEqualTo("next");
    }

    @Test
    void closedQueueIsUnavailable() {
        queue.close(LONG);

        assertThatThrownBy(() -> queue.run(() -> "late", Deadline.after(LONG))).isInstanceOf(Unavailable.class);
    }

    @Test
    void closingFinishesWhatWaits() throws Exception {
        occupySession();
        List<Future<String>> waiting = submitAndAwaitPending(2);
        Future<?> closing = clients.submit(() -> queue.close(LONG));

        gate.countDown();

        closing.get(30, TimeUnit.SECONDS);
        for (Future<String> run : waiting) {
            assertThat(run.get(30, TimeUnit.SECONDS)).isEqualTo("waited");
        }
    }

    @Test
    void everyAnswerReturnsToItsOwner() throws Exception {
        RunQueue wide = new RunQueue("wide", 4, 10_000);
        try {
            List<Future<Integer>> answers = new ArrayList<>();
            AtomicInteger running = new AtomicInteger();
            AtomicInteger most = new AtomicInteger();
            for (int i = 0; i < 2_000; i++) {
                int number = i;
                answers.add(clients.submit(() -> wide.run(
                                () -> {
                                    most.accumulateAndGet(running.incrementAndGet(), Math::max);
                                    running.decrementAndGet();
                                    return number;
                                },
                                Deadline.after(LONG))
                        .value()));
            }

            for (int i = 0; i < answers.size(); i++) {
                assertThat(answers.get(i).get(30, TimeUnit.SECONDS)).isEqualTo(i);
            }
            assertThat(most.get()).isLessThanOrEqualTo(4);
        } finally {
            wide.close(LONG);
        }
    }

    private void occupySession() {
        CountDownLatch running = new CountDownLatch(1);
        clients.execute(() -> queue.run(
                () -> {
                    running.countDown();
                    return gate.await(30, TimeUnit.SECONDS);
                },
                Deadline.after(LONG)));
        await().untilAsserted(() -> assertThat(running.getCount()).isZero());
    }

    private List<Future<String>> submitAndAwaitPending(int count) {
        List<Future<String>> runs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            runs.add(clients.submit(
                    () -> queue.run(() -> "waited", Deadline.after(LONG)).value()));
        }
        await().untilAsserted(() -> assertThat(queue.pending()).isEqualTo(count));
        return runs;
    }
}
