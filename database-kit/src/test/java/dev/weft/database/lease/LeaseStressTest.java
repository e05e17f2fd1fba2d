package dev.weft.database.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.kit.error.Failure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Many claimers over one table; some stall or die with what they hold. Every row is worked on to its end exactly once. */
class LeaseStressTest {

    private static final Duration TERM = Duration.ofMillis(500);
    private static final int ROWS = 300;
    private static final int REPLICAS = 4;

    private final JobTable jobs = new JobTable(ROWS);
    private final AtomicInteger refused = new AtomicInteger();

    @Test
    void everyRowIsDoneOnceThoughHoldersStallAndDie() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        List<Future<?>> workers = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int worker = 0; worker < 2 * REPLICAS; worker++) {
                Random random = new Random(seed + worker);
                workers.add(threads.submit(() -> work(random)));
            }
            for (Future<?> worker : workers) {
                worker.get(90, TimeUnit.SECONDS);
            }
        }

        assertThat(jobs.number("SELECT count(*) FROM job WHERE state = 'DONE' AND runs = 1"))
                .isEqualTo(ROWS);
        assertThat(refused).as("work of those who came too late").hasPositiveValue();
        assertThat(jobs.number("SELECT count(*) FROM job WHERE attempt > 1")).isPositive();
    }

    /** A replica after another: each ends by stalling beyond its term, and comes back with work that somebody else has done. */
    private void work(Random random) {
        while (jobs.number("SELECT count(*) FROM job WHERE state = 'WAITING'") > 0) {
            LeaseKeeper keeper = jobs.keeper();
            Leases<Long> leases = keeper.leases(JobTable.LEASES, TERM);
            for (int round = random.nextInt(4); round >= 0; round--) {
                List<Lease<Long>> claimed = leases.claim(1 + random.nextInt(8));
                LockSupport.parkNanos(random.nextInt(5_000_000));
                if (round == 0) {
                    keeper.halt();
                    await().atMost(Duration.ofSeconds(20))
                            .until(() -> claimed.stream().allMatch(Lease::isLost));
                    LockSupport.parkNanos(random.nextInt(300_000_000));
                }
                claimed.forEach(lease -> finish(leases, lease));
            }
            keeper.close();
        }
    }

    private void finish(Leases<Long> leases, Lease<Long> lease) {
        try (lease) {
            jobs.finish(leases, lease);
        } catch (Failure.Aborted _) {
            refused.incrementAndGet();
        }
    }
}
