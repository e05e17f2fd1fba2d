package dev.weft.inference.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.Failure.ResourceExhausted;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LanesTest {

    private static final List<Integer> ITEMS = IntStream.range(0, 500).boxed().toList();

    @Test
    void everyItemIsDoneOnceAndNotTooManyAtATime() {
        Set<Integer> done = ConcurrentHashMap.newKeySet();
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();

        Lanes.forEach(ITEMS, 3, item -> {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            assertThat(done.add(item)).isTrue();
            running.decrementAndGet();
        });

        assertThat(done).hasSize(500);
        assertThat(most.get()).isBetween(1, 3);
    }

    @Test
    void firstFailureEndsTheRest() {
        AtomicInteger calls = new AtomicInteger();

        assertThatThrownBy(() -> Lanes.forEach(ITEMS, 2, item -> {
                    calls.incrementAndGet();
                    throw new ResourceExhausted("full", Duration.ofMillis(1));
                }))
                .isInstanceOf(ResourceExhausted.class);

        assertThat(calls.get()).isLessThanOrEqualTo(2);
    }

    @Test
    void interruptedCallerInterruptsTheWork() {
        CountDownLatch started = new CountDownLatch(2);
        CountDownLatch never = new CountDownLatch(1);
        AtomicInteger interrupted = new AtomicInteger();
        CompletableFuture<Throwable> outcome = new CompletableFuture<>();
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                Lanes.forEach(ITEMS, 2, item -> {
                    started.countDown();
                    try {
                        never.await(30, TimeUnit.SECONDS);
                    } catch (InterruptedException _) {
                        interrupted.incrementAndGet();
                        throw new Cancelled("interrupted");
                    }
                });
            } catch (Cancelled e) {
                outcome.complete(e);
            }
        });
        assertThat(CompletableFuture.supplyAsync(() -> await(started))).succeedsWithin(Duration.ofSeconds(30));

        caller.interrupt();

        assertThat(outcome).succeedsWithin(Duration.ofSeconds(30)).isInstanceOf(Cancelled.class);
        assertThat(interrupted.get()).isEqualTo(2);
    }

    private static boolean await(CountDownLatch latch) {
        try {
            return latch.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
