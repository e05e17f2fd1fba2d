package dev.weft.database.lease;

import dev.weft.database.Database;
import dev.weft.kit.error.Failure;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps all leases of this process by one thread, which renews each three times in its term, and gives them back when the process stops. A process
 * that dies, or that cannot reach the database, loses its leases after their term.
 */
@Singleton
public class LeaseKeeper {

    /** After all observers who have not said when they come: whoever works on a row completes or closes its lease before. */
    private static final int LAST = 4000;

    private static final Logger LOG = Logger.getLogger(LeaseKeeper.class);
    private static final int RENEWALS = 3;
    private static final Duration SHORTEST_TERM = Duration.ofMillis(300);
    private static final int RELEASE_LIMIT_MS = 3_000;

    private final Database database;
    private final String owner = UUID.randomUUID().toString();
    private final List<Leases<?>> all = new CopyOnWriteArrayList<>();
    private @Nullable Thread thread;
    private volatile Duration pause = Duration.ofDays(1);
    private volatile boolean closed;

    public LeaseKeeper(Database database) {
        this.database = database;
    }

    /**
     * This process' leases on a table; to be made once.
     *
     * @param term after what time the rows of a process that has died are free again, at least 300 ms; long enough for a database that restarts
     */
    public synchronized <K> Leases<K> leases(LeaseTable<K> table, Duration term) {
        if (term.compareTo(SHORTEST_TERM) < 0) {
            throw new IllegalArgumentException("term: " + term + " (expected: at least " + SHORTEST_TERM + ")");
        }
        Leases<K> leases = new Leases<>(database, table, term, owner);
        all.add(leases);
        Duration beat = term.dividedBy(RENEWALS);
        pause = beat.compareTo(pause) < 0 ? beat : pause;
        if (thread == null) {
            thread = Thread.ofVirtual().name("lease-heartbeat").start(this::run);
        } else {
            LockSupport.unpark(thread);
        }
        return leases;
    }

    void stop(@Observes @Priority(LAST) ShutdownEvent event) {
        close();
    }

    /** Gives all leases back. What is still being worked on is lost to its holder. */
    public void close() {
        halt();
        for (Leases<?> leases : all) {
            try {
                leases.close(RELEASE_LIMIT_MS);
            } catch (Failure e) {
                LOG.warnf(
                        "leases are not given back, and end by themselves in %d s: %s",
                        leases.term().toSeconds(), e.getMessage());
            }
        }
    }

    /** Ends the heartbeat and nothing else, as the death of the process would. */
    synchronized void halt() {
        closed = true;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }

    private void run() {
        boolean told = false;
        while (!closed) {
            LockSupport.parkNanos(pause.toNanos());
            for (Leases<?> leases : all) {
                if (closed) {
                    return;
                }
                try {
                    leases.renew(
                            Math.toIntExact(leases.term().dividedBy(RENEWALS).toMillis()));
                    told = false;
                } catch (RuntimeException e) {
                    if (!told) {
                        LOG.warnf("leases are not renewed: %s", e.getMessage());
                        told = true;
                    }
                }
            }
        }
    }
}
