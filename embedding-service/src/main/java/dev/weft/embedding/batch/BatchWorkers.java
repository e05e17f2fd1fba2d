package dev.weft.embedding.batch;

import dev.weft.kit.error.Failure;
import dev.weft.kit.time.Backoff;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.Startup;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jboss.logging.Logger;

/** The threads of this replica that work on batches, from its start to its end. */
@Startup
@Singleton
public class BatchWorkers {

    private static final Logger LOG = Logger.getLogger(BatchWorkers.class);

    /** So that one large input does not keep a small one from being read. */
    private static final int STEP_THREADS = 2;

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration END_LIMIT = Duration.ofSeconds(5);

    private final CountDownLatch stop = new CountDownLatch(1);
    private final List<Thread> threads = new ArrayList<>();
    private final BatchConfig config;

    BatchWorkers(ChunkWork chunks, BatchSteps steps, BatchConfig config) {
        this.config = config;
        if (config.workers() == 0) {
            return;
        }
        for (int i = 0; i < STEP_THREADS; i++) {
            start("batch-steps-" + i, stopped -> {
                steps.sweep();
                return steps.next(stopped);
            });
        }
        for (int i = 0; i < config.workers(); i++) {
            start("batch-chunks-" + i, chunks::next);
        }
    }

    private void start(String name, Predicate<BooleanSupplier> work) {
        threads.add(Thread.ofVirtual().name(name).start(() -> run(work)));
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        stop.countDown();
        long end = System.nanoTime() + END_LIMIT.toNanos();
        for (Thread thread : threads) {
            thread.join(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
        }
    }

    private boolean isStopped() {
        return stop.getCount() == 0;
    }

    private void run(Predicate<BooleanSupplier> work) {
        Backoff backoff = new Backoff(FIRST_PAUSE, config.retryPause());
        int failures = 0;
        boolean told = false;
        while (!isStopped()) {
            Duration pause = Duration.ZERO;
            try {
                if (!work.test(this::isStopped)) {
                    long poll = config.pollInterval().toNanos();
                    pause = Duration.ofNanos(ThreadLocalRandom.current().nextLong(poll / 2, poll + 1));
                }
                failures = 0;
                told = false;
            } catch (RuntimeException e) {
                if (!told || !(e instanceof Failure.Unavailable)) {
                    LOG.warnf(e instanceof Failure ? null : e, "work on batches pauses: %s", e.getMessage());
                    told = true;
                }
                failures++;
                pause = backoff.after(failures);
            }
            await(pause);
        }
    }

    private void await(Duration pause) {
        try {
            boolean _ = stop.await(pause.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException _) {
            stop.countDown();
        }
    }
}
