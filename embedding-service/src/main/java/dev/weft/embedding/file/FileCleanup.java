package dev.weft.embedding.file;

import dev.weft.kit.error.Failure;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.Startup;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;

/** Deletes expired files and forgotten blobs from time to time. Every replica does; two that find the same do no harm. */
@Startup
@Singleton
public class FileCleanup {

    private static final Logger LOG = Logger.getLogger(FileCleanup.class);
    private static final int AT_A_TIME = 1_000;

    private final StoredFiles files;
    private final Duration interval;
    private final Thread thread;
    private volatile boolean stopped;

    FileCleanup(StoredFiles files, FilesConfig config) {
        this.files = files;
        this.interval = config.cleanupInterval();
        this.thread = Thread.ofVirtual().name("file-cleanup").start(this::run);
    }

    void stop(@Observes ShutdownEvent event) {
        stopped = true;
        LockSupport.unpark(thread);
    }

    private void run() {
        while (!stopped) {
            LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(interval.toNanos() / 2, interval.toNanos()));
            if (!stopped) {
                cleanUp();
            }
        }
    }

    private void cleanUp() {
        try {
            files.cleanUp(AT_A_TIME);
        } catch (Failure e) {
            LOG.infof("files are not cleaned up now: %s", e.getMessage());
        }
    }
}
