package dev.weft.embedding.vectorstore.embedded;

import dev.weft.embedding.vectorstore.VectorSpace;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.telemetry.MetricNames;
import dev.weft.kit.time.Deadline;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.configuration.MemorySize;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ToLongFunction;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The indexes in this process' memory: loaded when asked for, brought up to date, sent away when others need the room. Thread-safe. */
@Singleton
class SpaceIndexes {

    private static final Logger LOG = Logger.getLogger(SpaceIndexes.class);

    private static final double SHARE_OF_HEAP = 0.6;
    private static final int MOST_ATTEMPTS = 3;
    private static final Duration RETRY = Duration.ofSeconds(10);

    private final EmbeddedConfig config;
    private final EmbeddedPoints points;
    private final Snapshots snapshots;
    private final Gardener gardener;
    private final long memory;
    private final Map<Long, Slot> slots = new ConcurrentHashMap<>();

    SpaceIndexes(
            EmbeddedConfig config,
            EmbeddedPoints points,
            Snapshots snapshots,
            Gardener gardener,
            MeterRegistry registry) {
        this.config = config;
        this.points = points;
        this.snapshots = snapshots;
        this.gardener = gardener;
        this.memory = config.memory().map(MemorySize::asLongValue).orElse((long)
                (Runtime.getRuntime().maxMemory() * SHARE_OF_HEAP));
        gauge(registry, MetricNames.EMBEDDING_INDEX_POINTS, "Points in memory", SpaceIndex::living);
        gauge(registry, MetricNames.EMBEDDING_INDEX_WAITING, "Points outside of graphs", SpaceIndex::waiting);
        gauge(registry, MetricNames.EMBEDDING_INDEX_MEMORY, "Memory of indexes", SpaceIndex::bytes);
    }

    private void gauge(MeterRegistry registry, String name, String description, ToLongFunction<SpaceIndex> value) {
        Gauge.builder(name, slots, all -> all.values().stream()
                        .map(Slot::ready)
                        .filter(Objects::nonNull)
                        .mapToLong(value)
                        .sum())
                .description(description)
                .register(registry);
    }

    /** An index that is there, or on its way. */
    private static final class Slot {
        private final CompletableFuture<SpaceIndex> index = new CompletableFuture<>();
        /** Held by whoever brings the index up to date. */
        private final ReentrantLock updating = new ReentrantLock();

        private volatile long lastUsed = System.nanoTime();

        private @Nullable SpaceIndex ready() {
            return index.isDone() && !index.isCompletedExceptionally() ? index.join() : null;
        }
    }

    /**
     * The space's index, with all changes that are in the database now.
     *
     * @throws ResourceExhausted when it does not fit into memory
     */
    SpaceIndex current(VectorSpace space, Deadline deadline) {
        return current(space, points.head(space, deadline), deadline);
    }

    /** The space's index, with all changes up to the head. */
    SpaceIndex current(VectorSpace space, Head head, Deadline deadline) {
        for (int attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
            Slot slot = slot(new Space(space), head);
            slot.lastUsed = System.nanoTime();
            SpaceIndex index = await(space, slot, deadline);
            if (index.incarnation().equals(head.incarnation()) && follow(slot, index, head, deadline)) {
                return index;
            }
            forget(space.id(), slot);
        }
        throw new Unavailable(
                "collection: it changes faster than its index follows (expected: fewer deletions of everything)");
    }

    /** The space's index if it is in memory, as far as it is. */
    @Nullable
    SpaceIndex ifLoaded(VectorSpace space) {
        Slot slot = slots.get(space.id());
        return slot == null ? null : slot.ready();
    }

    /**
     * Makes sure that so many points are not too many.
     *
     * @throws ResourceExhausted when they are
     */
    void requireRoom(VectorSpace space, long count) {
        long bytes = count * new Space(space).bytesPerPoint(config.neighbours());
        if (bytes > memory) {
            throw new ResourceExhausted(
                    "collection: " + count + " points take " + bytes + " bytes of memory (expected: at most " + memory
                            + ", weft.embedding.embedded.memory)",
                    RETRY);
        }
    }

    /** Forgets a space and its snapshot. */
    void drop(VectorSpace space) {
        Slot slot = slots.get(space.id());
        if (slot != null) {
            forget(space.id(), slot);
        }
        snapshots.delete(space);
    }

    private void forget(long id, Slot slot) {
        if (slots.remove(id, slot)) {
            CompletableFuture<Void> _ = slot.index.thenAccept(gardener::abandon);
        }
    }

    private SpaceIndex await(VectorSpace space, Slot slot, Deadline deadline) {
        try {
            return slot.index.get(deadline.remaining().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            throw new DeadlineExceeded("collection: its index is being loaded (expected: more time)");
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new Failure.Cancelled("the client went away");
        } catch (ExecutionException e) {
            forget(space.id(), slot);
            throw e.getCause() instanceof Failure failure
                    ? failure
                    : new Internal("the index of collection " + space.id() + " is not loaded", e.getCause());
        }
    }

    /** Brings an index up to the head; false when it cannot be. */
    private boolean follow(Slot slot, SpaceIndex index, Head head, Deadline deadline) {
        if (index.sequence() >= head.sequence()) {
            return true;
        }
        try {
            if (!slot.updating.tryLock(deadline.remaining().toMillis(), TimeUnit.MILLISECONDS)) {
                throw new DeadlineExceeded("collection: its index is being brought up to date (expected: more time)");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new Failure.Cancelled("the client went away");
        }
        try {
            // Writers here apply what they have written themselves; whoever is first, the other has nothing left to do.
            while (index.sequence() < head.sequence()) {
                long from = index.sequence();
                List<Change> changes = new ArrayList<>();
                Head now = points.changes(index.space(), _ -> from, changes::add, deadline);
                if (!now.follows(index.incarnation(), from)) {
                    return false;
                }
                if (index.apply(from, now.sequence(), changes)) {
                    gardener.changed(index);
                }
            }
            return true;
        } finally {
            slot.updating.unlock();
        }
    }

    /** Takes over what was written here, if the index is just before it. */
    void written(VectorSpace space, EmbeddedPoints.Written written, List<Change> changes) {
        SpaceIndex index = ifLoaded(space);
        if (index != null
                && index.incarnation().equals(written.incarnation())
                && index.apply(written.from(), written.to(), changes)) {
            gardener.changed(index);
        }
    }

    private Slot slot(Space space, Head head) {
        Slot slot = slots.get(space.space().id());
        if (slot != null) {
            return slot;
        }
        makeRoom(space, head);
        return slots.computeIfAbsent(space.space().id(), _ -> load(space));
    }

    private Slot load(Space space) {
        Slot slot = new Slot();
        Thread.ofVirtual().name("index-load-" + space.space().id()).start(() -> {
            try {
                slot.index.complete(loaded(space));
            } catch (RuntimeException | Error e) {
                slot.index.completeExceptionally(e);
            }
        });
        return slot;
    }

    private SpaceIndex loaded(Space space) {
        long start = System.nanoTime();
        Deadline deadline = Deadline.after(config.loadTimeout());
        Head head = points.head(space.space(), deadline);
        State snapshot = snapshots.read(space, head, table -> new PointGraph(space, table, config, gardener.threads()));
        SpaceIndex index = snapshot == null ? null : fill(space, head, snapshot, deadline);
        if (index == null) {
            index = fill(space, head, null, deadline);
        }
        if (index == null) {
            throw new Unavailable("collection: it changed while its index was loaded (expected: another attempt)");
        }
        LOG.infof(
                "index of collection %d: %d points in %d ms%s",
                space.space().id(),
                index.living(),
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start),
                snapshot == null ? "" : ", from its snapshot at change " + snapshot.sequence());
        gardener.adopt(index, snapshot == null ? -1 : snapshot.sequence());
        return index;
    }

    /** An index with all changes; null when what it began with turns out not to be the truth. */
    private @Nullable SpaceIndex fill(Space space, Head head, @Nullable State snapshot, Deadline deadline) {
        SpaceIndex index = new SpaceIndex(space, head.incarnation(), config, gardener.threads());
        if (snapshot != null) {
            index.restore(snapshot);
        }
        long from = index.sequence();
        Head now = points.changes(space, _ -> from, index::load, deadline);
        index.loaded(now.sequence());
        boolean follows =
                snapshot == null ? now.incarnation().equals(head.incarnation()) : now.follows(head.incarnation(), from);
        if (follows && index.living() == now.points()) {
            return index;
        }
        LOG.warnf(
                "index of collection %d has %d points, the database %d: it is built anew",
                space.space().id(), index.living(), now.points());
        return null;
    }

    private void makeRoom(Space space, Head head) {
        requireRoom(space.space(), head.points());
        long needed = head.points() * space.bytesPerPoint(config.neighbours());
        List<Map.Entry<Long, Slot>> byUse = new ArrayList<>(slots.entrySet());
        byUse.sort(Comparator.comparingLong(slot -> slot.getValue().lastUsed));
        long used = byUse.stream().mapToLong(slot -> bytes(slot.getValue())).sum();
        for (Map.Entry<Long, Slot> slot : byUse) {
            if (used + needed <= memory) {
                return;
            }
            if (slot.getValue().ready() != null) {
                used -= bytes(slot.getValue());
                LOG.infof("index of collection %d leaves the memory to another", slot.getKey());
                forget(slot.getKey(), slot.getValue());
            }
        }
    }

    private static long bytes(Slot slot) {
        SpaceIndex index = slot.ready();
        return index == null ? 0 : index.bytes();
    }
}
