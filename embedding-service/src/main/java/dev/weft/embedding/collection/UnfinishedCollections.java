package dev.weft.embedding.collection;

import dev.weft.kit.error.Failure;
import dev.weft.kit.time.Deadline;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Clears away what is left of collections whose making or deletion did not end, since the process or the store went away. Every replica does it:
 * each step may be repeated.
 */
@Singleton
class UnfinishedCollections {

    private static final Logger LOG = Logger.getLogger(UnfinishedCollections.class);

    private static final Duration PAUSE = Duration.ofSeconds(60);
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** Longer than any call may take that makes one. */
    private static final Duration AGE = Duration.ofMinutes(15);

    private final CollectionRepository repository;
    private final Collections collections;
    private final CountDownLatch ended = new CountDownLatch(1);

    UnfinishedCollections(CollectionRepository repository, Collections collections) {
        this.repository = repository;
        this.collections = collections;
    }

    void start(@Observes StartupEvent event) {
        Thread.ofVirtual().name("unfinished-collections").start(this::run);
    }

    void stop(@Observes ShutdownEvent event) {
        ended.countDown();
    }

    private void run() {
        try {
            // Replicas that started together should not look together.
            while (!ended.await(
                    PAUSE.toMillis() / 2 + ThreadLocalRandom.current().nextLong(PAUSE.toMillis()),
                    TimeUnit.MILLISECONDS)) {
                clearAway(AGE);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    void clearAway(Duration age) {
        Deadline deadline = Deadline.after(LIMIT);
        try {
            for (Collection collection : repository.unfinished(age, deadline)) {
                repository.beginDeletion(collection, deadline);
                collections.finishDeletion(collection, deadline);
                LOG.infof("cleared away what was left of collection '%s'", collection.name());
            }
        } catch (Failure e) {
            LOG.debugf("unfinished collections stay for now: %s", e.getMessage());
        }
    }
}
