package dev.weft.embedding.vectorstore.embedded;

import dev.weft.embedding.vectorstore.VectorSpace;
import dev.weft.kit.error.Failure;
import dev.weft.kit.time.Deadline;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Tends the indexes beside requests: a piece of one, then a piece of the next, on a thread of its own; what takes long in it, all threads of a pool
 * do. Writes the snapshots of those that have changed much, and of all that have changed when the process ends.
 */
@Singleton
class Gardener {

    private static final Logger LOG = Logger.getLogger(Gardener.class);

    private static final int MOST_WAITING = 10_000;
    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Duration END = Duration.ofSeconds(15);
    private static final Duration PURGE_LIMIT = Duration.ofSeconds(60);

    /** A snapshot is written anew when so many changes are not in it, or a tenth of the points. */
    private static final int MANY_CHANGES = 1_000;

    private final Snapshots snapshots;
    private final EmbeddedPoints points;
    private final ForkJoinPool threads;
    private final BlockingQueue<SpaceIndex> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
    private final Map<SpaceIndex, Written> known = new ConcurrentHashMap<>();
    private final Thread thread;
    private volatile boolean ending;

    Gardener(EmbeddedConfig config, Snapshots snapshots, EmbeddedPoints points) {
        this.snapshots = snapshots;
        this.points = points;
        this.threads = new ForkJoinPool(
                config.buildThreads().orElse(Runtime.getRuntime().availableProcessors()));
        this.thread = Thread.ofPlatform().daemon().name("index-gardener").start(this::run);
    }

    /**
     * What is known of an index.
     *
     * @param isWaiting in the queue
     * @param snapshot the last change in its file; -1 when it has none
     */
    private record Written(boolean isWaiting, long snapshot) {
        Written waits(boolean now) {
            return new Written(now, snapshot);
        }

        Written has(long sequence) {
            return new Written(isWaiting, sequence);
        }
    }

    /** The threads that build graphs. */
    ForkJoinPool threads() {
        return threads;
    }

    /** Begins to tend an index. */
    void adopt(SpaceIndex index, long snapshot) {
        known.put(index, new Written(false, snapshot));
        changed(index);
    }

    /** An index has changed. */
    void changed(SpaceIndex index) {
        boolean[] offer = new boolean[1];
        known.computeIfPresent(index, (_, written) -> {
            offer[0] = !written.isWaiting();
            return written.waits(true);
        });
        // A queue that is full has thousands of indexes in it; this one comes with its next change.
        if (offer[0] && !waiting.offer(index)) {
            update(index, written -> written.waits(false));
        }
    }

    /** Tends an index no more. */
    void abandon(SpaceIndex index) {
        known.remove(index);
    }

    private void update(SpaceIndex index, Function<Written, Written> change) {
        known.computeIfPresent(index, (_, written) -> change.apply(written));
    }

    private void run() {
        while (!ending) {
            try {
                SpaceIndex index = waiting.poll(LOOK.toMillis(), TimeUnit.MILLISECONDS);
                if (index != null) {
                    update(index, written -> written.waits(false));
                    tend(index);
                }
            } catch (InterruptedException _) {
                return;
            }
        }
    }

    private void tend(SpaceIndex index) {
        VectorSpace space = index.space().space();
        try {
            if (!known.containsKey(index)) {
                return;
            }
            SpaceIndex.Progress progress = index.tend();
            switch (progress) {
                case MORE -> changed(index);
                case REBUILT -> {
                    points.purge(space, index.sequence(), Deadline.after(PURGE_LIMIT));
                    save(index, true);
                    changed(index);
                }
                case DONE -> save(index, false);
            }
        } catch (Failure.Unavailable | Failure.DeadlineExceeded | Failure.NotFound e) {
            LOG.infof("removals of collection %d are not forgotten yet: %s", space.id(), e.getMessage());
        } catch (RuntimeException | Error e) {
            LOG.errorf(e, "the graph of collection %d is given up: its points are compared one by one", space.id());
            index.discardGraph();
        }
    }

    private void save(SpaceIndex index, boolean always) {
        Written written = known.get(index);
        State state = written == null || !snapshots.isOn() ? null : index.state();
        if (written == null || state == null) {
            return;
        }
        long changes = state.sequence() - written.snapshot();
        if (always || written.snapshot() < 0 || changes > Math.max(MANY_CHANGES, state.living() / 10)) {
            write(index, state);
        }
    }

    private void write(SpaceIndex index, State state) {
        long start = System.nanoTime();
        try {
            snapshots.write(index.space(), state);
            update(index, written -> written.has(state.sequence()));
            LOG.debugf(
                    "snapshot of collection %d, %d points, in %d ms",
                    index.space().space().id(),
                    state.living(),
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
        } catch (IOException e) {
            LOG.warnf("no snapshot of collection %d: %s", index.space().space().id(), e.getMessage());
        }
    }

    void stop(@Observes ShutdownEvent event) {
        ending = true;
        try {
            if (thread.join(END)) {
                known.forEach(this::saveLast);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        threads.shutdownNow();
    }

    private void saveLast(SpaceIndex index, Written written) {
        @Nullable State state = snapshots.isOn() ? index.state() : null;
        if (state != null && state.sequence() > written.snapshot()) {
            write(index, state);
        }
    }
}
