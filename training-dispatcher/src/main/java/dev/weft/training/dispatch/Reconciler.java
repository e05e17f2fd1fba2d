package dev.weft.training.dispatch;

import dev.weft.database.lease.Lease;
import dev.weft.database.lease.Leases;
import dev.weft.training.backend.TrainingBackend;
import dev.weft.training.job.JobLeases;
import dev.weft.training.job.JobSteps;
import dev.weft.training.job.JobSteps.Held;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Claims jobs that somebody must look at, and takes a step with each, some at a time. One thread claims; it owns nothing else. Jobs are claimed by lease,
 * so any number of processes do the same.
 */
@Singleton
class Reconciler {

    private static final Logger LOG = Logger.getLogger(Reconciler.class);

    /** News come in swarms, one for each line of a run's output; one look serves many. */
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(20);

    private static final Duration END_LIMIT = Duration.ofSeconds(10);

    private final JobLeases leases;
    private final JobSteps steps;
    private final JobStepper stepper;
    private final Backends backends;
    private final DispatchConfig config;
    private final Semaphore permits;
    private volatile boolean news;
    private volatile boolean closed;
    private volatile @Nullable Thread thread;

    Reconciler(
            JobLeases leases,
            JobSteps steps,
            JobStepper stepper,
            Backends backends,
            JobChanges changes,
            DispatchConfig config) {
        this.leases = leases;
        this.steps = steps;
        this.stepper = stepper;
        this.backends = backends;
        this.config = config;
        this.permits = new Semaphore(config.parallelism());
        changes.whenAnyChanges(this::look);
    }

    void start(@Observes StartupEvent event) {
        if (config.enabled()) {
            thread = Thread.ofVirtual().name("reconciler").start(this::run);
        }
    }

    /** Lets the steps that are under way come to their ends; their leases are given back after that. */
    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        closed = true;
        look();
        if (!permits.tryAcquire(config.parallelism(), END_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
            LOG.info("steps are left in the middle; another dispatcher goes on with them");
        }
    }

    private void look() {
        news = true;
        LockSupport.unpark(thread);
    }

    private void run() {
        boolean told = false;
        while (!closed) {
            news = false;
            try {
                claim();
                told = false;
            } catch (RuntimeException e) {
                if (!told) {
                    LOG.warnf("no jobs are looked after: %s", e.getMessage());
                    told = true;
                }
            }
            LockSupport.parkNanos(SHORTEST_PAUSE.toNanos());
            if (!news && !closed) {
                LockSupport.parkNanos(config.pollInterval().toNanos());
            }
        }
    }

    private void claim() {
        take(leases.active(backends.site()), permits.availablePermits());
        for (TrainingBackend backend : backends.all()) {
            int room = steps.room(backend.name(), backend.site().map(Object::toString), backend.maxRuns());
            take(leases.queued(backend.name()), Math.min(room, permits.availablePermits()));
        }
    }

    private void take(Leases<String> from, int limit) {
        if (closed) {
            return;
        }
        for (Lease<String> lease : from.claim(limit)) {
            permits.acquireUninterruptibly();
            Thread.ofVirtual().name("job-" + lease.key()).start(() -> {
                try (lease) {
                    stepper.step(new Held(from, lease));
                } catch (RuntimeException e) {
                    LOG.errorf(e, "job %s: a step could not be ended", lease.key());
                } finally {
                    permits.release();
                    look();
                }
            });
        }
    }
}
