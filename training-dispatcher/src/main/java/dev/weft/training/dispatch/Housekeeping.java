package dev.weft.training.dispatch;

import dev.weft.kit.time.Deadline;
import dev.weft.training.backend.TrainingBackend;
import dev.weft.training.job.JobState;
import dev.weft.training.job.RunKey;
import dev.weft.training.job.SiteRepository;
import dev.weft.training.job.TrainingJob;
import dev.weft.training.job.TrainingJobRepository;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Tells the others that this site is there, finds sites that are not any more, ends runs that nobody wants, and removes what is left of those that ended
 * long ago. A run that nobody wants can be there when a dispatcher was stopped between its last look at its lease and the backend's answer.
 */
@Singleton
class Housekeeping {

    private static final Logger LOG = Logger.getLogger(Housekeeping.class);

    /** Jobs that go in one transaction. */
    private static final int SOME = 500;

    private final Backends backends;
    private final SiteRepository sites;
    private final TrainingJobRepository jobs;
    private final DispatchConfig config;
    private long contactSince = System.nanoTime();
    private long lastSeen = contactSince;
    private volatile boolean closed;
    private volatile @Nullable Thread thread;

    Housekeeping(Backends backends, SiteRepository sites, TrainingJobRepository jobs, DispatchConfig config) {
        this.backends = backends;
        this.sites = sites;
        this.jobs = jobs;
        this.config = config;
    }

    void start(@Observes StartupEvent event) {
        if (config.enabled()) {
            thread = Thread.ofVirtual().name("training-housekeeping").start(this::run);
        }
    }

    void stop(@Observes ShutdownEvent event) {
        closed = true;
        LockSupport.unpark(thread);
    }

    private void run() {
        while (!closed) {
            attempt("sites", this::sites);
            attempt("data", () -> jobs.removeData(config.keepRuns()));
            attempt("ended jobs", this::forget);
            for (TrainingBackend backend : backends.all()) {
                attempt("runs of " + backend.name(), () -> sweep(backend));
            }
            LockSupport.parkNanos(config.sweepInterval().toNanos());
        }
    }

    /**
     * Others count as lost only for one who has had the database all that time himself: after an outage, and after all dispatchers were stopped, everybody
     * has been silent, and whoever comes first must not take the others' runs for lost.
     */
    void sites() {
        long now = System.nanoTime();
        sites.seen(backends.site());
        if (now - lastSeen > config.siteTimeout().toNanos() / 2) {
            contactSince = now;
        }
        lastSeen = now;
        if (now - contactSince >= config.siteTimeout().toNanos()) {
            sites.markLost(config.siteTimeout());
        }
    }

    /** A run whose job is forgotten is nobody's, so runs go first. */
    void forget() {
        Duration runs = config.keepRuns().plus(config.sweepInterval().multipliedBy(2));
        Duration kept = config.keepJobs().compareTo(runs) > 0 ? config.keepJobs() : runs;
        int removed = 0;
        for (int some = SOME; some == SOME && !closed; ) {
            some = jobs.removeEnded(kept, SOME);
            removed += some;
        }
        if (removed > 0) {
            LOG.infof("%d jobs are forgotten that ended more than %s ago", removed, kept);
        }
    }

    private static void attempt(String what, Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            LOG.debugf("%s are not looked after: %s", what, e.getMessage());
        }
    }

    void sweep(TrainingBackend backend) {
        for (RunKey key : backend.runs(deadline())) {
            // What no job knows may be another installation's.
            Optional<TrainingJob> job = jobs.find(key.job());
            if (job.isPresent() && isOver(job.get(), key)) {
                backend.cancel(key, deadline());
                if (job.get().state().isEnd()
                        && Duration.between(job.get().stateSince(), job.get().readAt())
                                        .compareTo(config.keepRuns())
                                > 0) {
                    backend.discard(key, deadline());
                }
            }
        }
    }

    /** Never true of a run that is, or is about to be, the job's current one. */
    static boolean isOver(TrainingJob job, RunKey key) {
        JobState state = job.state();
        return key.attempt() < state.attempt()
                || (key.attempt() == state.attempt() && (state.isEnd() || state instanceof JobState.Queued));
    }

    private Deadline deadline() {
        return Deadline.after(config.stepTimeout());
    }
}
