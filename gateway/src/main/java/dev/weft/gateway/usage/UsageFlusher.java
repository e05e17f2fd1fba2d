package dev.weft.gateway.usage;

import dev.weft.database.Database;
import dev.weft.kit.error.Failure;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.Startup;
import jakarta.annotation.PostConstruct;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Set;
import java.util.SortedMap;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Adds what was counted to the database, about once a second and when the process ends. A flush that fails is repeated as it is, under the number that
 * it had, until the database has answered for it; what is counted meanwhile goes with the next. So nothing is lost while the database is away, and
 * nothing is counted twice when only its answer was lost.
 */
@Startup
@Singleton
public class UsageFlusher {

    private static final Logger LOG = Logger.getLogger(UsageFlusher.class);

    /** How long the end of the process waits for a database that does not answer. */
    private static final Duration LAST_ATTEMPTS = Duration.ofSeconds(10);

    private static final Duration LAST_PAUSE = Duration.ofMillis(200);

    private record Flush(long sequence, SortedMap<UsageKey, UsageSum> counted) {}

    private final UsageCounters counters;
    private final MonthlySpending spending;
    private final Database database;
    private final Duration interval;
    private final String instance = UUID.randomUUID().toString();
    private @Nullable Thread thread;
    private volatile boolean closed;

    /** What the database has not answered for; guarded by this. */
    private @Nullable Flush pending;

    private long sequence;
    private boolean told;

    UsageFlusher(UsageCounters counters, MonthlySpending spending, Database database, UsageConfig config) {
        this.counters = counters;
        this.spending = spending;
        this.database = database;
        this.interval = config.flushInterval();
    }

    @PostConstruct
    void start() {
        thread = Thread.ofVirtual().name("usage-flusher").start(this::run);
    }

    private void run() {
        attempt(() -> database.inTransaction(UsageRepository::forgetFlushes));
        while (!closed) {
            LockSupport.parkNanos(interval.toNanos());
            if (!closed) {
                attempt(this::flush);
            }
        }
    }

    private boolean attempt(Runnable work) {
        try {
            work.run();
            if (told) {
                LOG.info("usage is written again");
                told = false;
            }
            return true;
        } catch (Failure failure) {
            if (!told) {
                LOG.warnf("usage is kept in memory until the database takes it: %s", failure.getMessage());
                LOG.debugf(failure, "usage was not written");
                told = true;
            }
            return false;
        }
    }

    /**
     * Adds all that was counted until now, and learns what keys with a budget have used at all gateways.
     *
     * @throws Failure when the database does not take it; it is kept
     */
    synchronized void flush() {
        spending.mark();
        if (pending != null) {
            write(pending);
        }
        SortedMap<UsageKey, UsageSum> counted = counters.drain();
        if (!counted.isEmpty()) {
            sequence++;
            write(new Flush(sequence, counted));
        }
        Set<String> budgeted = spending.keys();
        if (!budgeted.isEmpty()) {
            spending.correct(database.inTransaction(
                    connection -> UsageRepository.month(connection, spending.month(), budgeted)));
        }
    }

    private void write(Flush flush) {
        pending = flush;
        database.inTransaction(
                connection -> UsageRepository.add(connection, instance, flush.sequence(), flush.counted()));
        pending = null;
    }

    /** Requests have ended by now: Quarkus waits for them first. */
    void stop(@Observes ShutdownEvent event) {
        closed = true;
        Thread running = thread;
        if (running != null) {
            LockSupport.unpark(running);
        }
        long end = System.nanoTime() + LAST_ATTEMPTS.toNanos();
        while (!attempt(this::flush)) {
            if (System.nanoTime() > end) {
                LOG.error("usage of the last moments is lost: the database did not take it");
                return;
            }
            LockSupport.parkNanos(LAST_PAUSE.toNanos());
        }
    }
}
