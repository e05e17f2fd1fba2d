package dev.weft.gateway.limits;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RateTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    /** System.nanoTime may be anything, and overflow. */
    private static final long START = Long.MAX_VALUE - SECOND;

    @Test
    void asManyAsItHoldsAreTakenAtOnceAndThenOneByOne() {
        Rate rate = new Rate(10, 3, START);

        for (int i = 0; i < 3; i++) {
            assertThat(rate.remaining(START)).isEqualTo(3 - i);
            assertThat(rate.take(START)).isZero();
        }
        assertThat(rate.take(START)).isEqualTo(SECOND / 10);
        assertThat(rate.take(START + SECOND / 10)).isZero();
        assertThat(rate.take(START + SECOND / 10)).isEqualTo(SECOND / 10);
        assertThat(rate.untilFull(START + SECOND / 10)).isEqualTo(3 * SECOND / 10);
    }

    @Test
    void refusalTakesNothing() {
        Rate rate = new Rate(1, 1, START);
        rate.take(START);

        for (int i = 0; i < 100; i++) {
            assertThat(rate.take(START + SECOND / 2)).isEqualTo(SECOND / 2);
        }
        assertThat(rate.take(START + SECOND)).isZero();
    }

    @Test
    void bucketNeverHoldsMoreThanItsCapacity() {
        Rate rate = new Rate(10, 3, START);

        long muchLater = START + 3_600 * SECOND;

        assertThat(rate.remaining(muchLater)).isEqualTo(3);
        for (int i = 0; i < 3; i++) {
            assertThat(rate.take(muchLater)).isZero();
        }
        assertThat(rate.take(muchLater)).isPositive();
    }

    @Test
    void chargeMayLeaveADebtThatIsWaitedFor() {
        Rate perMinute = new Rate(100, 6_000, START);

        assertThat(perMinute.waitForOne(START)).isZero();
        perMinute.charge(START, 6_500);

        assertThat(perMinute.remaining(START)).isZero();
        assertThat(perMinute.waitForOne(START)).isEqualTo(5 * SECOND + SECOND / 100);
        assertThat(perMinute.waitForOne(START + 5 * SECOND + SECOND / 100)).isZero();
    }

    @Test
    void debtOfAnySizeEnds() {
        Rate perMinute = new Rate(1.0 / 60, 1, START);

        perMinute.charge(START, Long.MAX_VALUE);
        perMinute.charge(START, Long.MAX_VALUE);

        assertThat(perMinute.waitForOne(START)).isBetween(1L, TimeUnit.DAYS.toNanos(30));
    }

    @Test
    void threadsTakeNoMoreThanThereIs() throws InterruptedException {
        Rate rate = new Rate(0.001, 500, START);
        AtomicInteger taken = new AtomicInteger();
        CountDownLatch go = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 16; i++) {
                threads.execute(() -> {
                    awaitUninterruptibly(go);
                    for (int j = 0; j < 100; j++) {
                        if (rate.take(START) == 0) {
                            taken.incrementAndGet();
                        }
                    }
                });
            }
            go.countDown();
        }

        assertThat(taken).hasValue(500);
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
