package dev.weft.embedding.vectorstore.embedded;

import dev.weft.embedding.vectorstore.Filter;
import dev.weft.embedding.vectorstore.VectorQuery;
import io.github.jbellis.jvector.vector.types.VectorFloat;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * A space in memory, as it is after one change. Searches and changes exclude each other by a lock, so that a search sees a change whole or not at
 * all; the graph grows beside both. What is not in the graph yet is compared one by one, so that it is found at once.
 */
final class SpaceIndex {

    /** When so many points at most are likely to match a filter, all that match are compared, which is exact. */
    private static final int COMPARED_ONE_BY_ONE = 10_000;

    private static final int SAMPLE = 512;

    /** How many points one step of tending puts into the graph: one to two seconds of work. */
    private static final int SLICE = 2_000;

    /** Dead entries that are worth no rebuild, however small the rest. */
    private static final int FEW_DEAD = 1_000;

    private static final double MOST_DEAD = 0.3;

    private final Space space;
    private final UUID incarnation;
    private final EmbeddedConfig config;
    private final ForkJoinPool threads;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();

    // The lock's.
    private PointTable table = new PointTable();
    private @Nullable PointGraph graph;
    private long sequence;

    // The gardener's.
    private @Nullable Replacement replacement;

    SpaceIndex(Space space, UUID incarnation, EmbeddedConfig config, ForkJoinPool threads) {
        this.space = space;
        this.incarnation = incarnation;
        this.config = config;
        this.threads = threads;
    }

    /** A table without dead entries, and a graph of it, while they are made; entries of the old table from {@code taken} on are not in. */
    private record Replacement(PointTable table, @Nullable PointGraph graph, int taken) {
        boolean isComplete() {
            return graph == null || graph.size() == table.size();
        }
    }

    /** What a search has found. */
    record Hit(Entry entry, float score) {}

    Space space() {
        return space;
    }

    UUID incarnation() {
        return incarnation;
    }

    /** The last change that is in. */
    long sequence() {
        lock.readLock().lock();
        try {
            return sequence;
        } finally {
            lock.readLock().unlock();
        }
    }

    int living() {
        lock.readLock().lock();
        try {
            return table.living();
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Entries that no graph has yet. */
    int waiting() {
        lock.readLock().lock();
        try {
            return table.size() - (graph == null ? 0 : graph.size());
        } finally {
            lock.readLock().unlock();
        }
    }

    /** About what it takes in memory. */
    long bytes() {
        lock.readLock().lock();
        try {
            return table.size() * space.bytesPerPoint(config.neighbours());
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Takes changes over while nobody searches yet. */
    void load(Change change) {
        take(change);
    }

    /** Ends the loading. */
    void loaded(long upTo) {
        sequence = upTo;
    }

    /**
     * Takes changes over.
     *
     * @param from the change that they follow
     * @param to the last of them
     * @return false when this index is not at {@code from}, and nothing was done
     */
    boolean apply(long from, long to, Collection<Change> changes) {
        lock.writeLock().lock();
        try {
            if (sequence != from) {
                return false;
            }
            changes.forEach(this::take);
            sequence = to;
            return true;
        } finally {
            lock.writeLock().unlock();
        }
    }

    private void take(Change change) {
        switch (change) {
            case Change.Put(Entry entry) -> table.put(entry);
            case Change.Removed(String id) -> table.remove(id);
        }
    }

    /** The ids of all points that the filter is true of. */
    List<String> matching(Filter filter) {
        lock.readLock().lock();
        try {
            List<String> ids = new ArrayList<>();
            for (int number = 0; number < table.size(); number++) {
                Entry entry = table.get(number);
                if (!entry.isDead() && filter.matches(entry.metadata())) {
                    ids.add(entry.id());
                }
            }
            return ids;
        } finally {
            lock.readLock().unlock();
        }
    }

    /** The nearest points that the query takes, nearest first. */
    List<Hit> search(VectorQuery query) {
        VectorFloat<?> near = space.prepare(query.near());
        lock.readLock().lock();
        try {
            int count = Math.min(query.topK(), table.living());
            if (count == 0) {
                return List.of();
            }
            Nearest nearest = new Nearest(space, near, count);
            PointGraph searched = graph;
            if (searched == null || isCheaperOneByOne(query.filter(), count)) {
                compare(0, query.filter(), nearest);
            } else {
                int graphed = searched.size();
                searched.nearest(
                        near,
                        count,
                        config.searchWidth(),
                        number -> number < graphed && isTaken(number, query.filter()),
                        number -> nearest.offer(table.get(number)));
                if (nearest.isFull()) {
                    compare(graphed, query.filter(), nearest);
                } else {
                    // There are fewer that match, or some that the graph does not lead to.
                    compare(0, query.filter(), nearest.cleared());
                }
            }
            return nearest.take(query);
        } finally {
            lock.readLock().unlock();
        }
    }

    private boolean isTaken(int number, Filter filter) {
        Entry entry = table.get(number);
        return !entry.isDead() && filter.matches(entry.metadata());
    }

    private void compare(int from, Filter filter, Nearest nearest) {
        for (int number = from; number < table.size(); number++) {
            if (isTaken(number, filter)) {
                nearest.offer(table.get(number));
            }
        }
    }

    /** A graph is good at finding some of many: where few match, it wanders, and where nearly all are wanted, it only costs more. */
    private boolean isCheaperOneByOne(Filter filter, int count) {
        if (count > table.living() / 10) {
            return true;
        }
        if (filter.equals(Filter.all())) {
            return false;
        }
        int step = Math.max(1, table.size() / SAMPLE);
        int looked = 0;
        int matching = 0;
        for (int number = 0; number < table.size(); number += step) {
            looked++;
            matching += isTaken(number, filter) ? 1 : 0;
        }
        return (double) matching / looked * table.size() <= COMPARED_ONE_BY_ONE;
    }

    /** How far tending is. */
    enum Progress {
        /** There is more to do. */
        MORE,
        /** The dead are out, and there may be more to do. */
        REBUILT,
        /** All is in the graph. */
        DONE
    }

    /** Does a piece of what makes searches fast: puts points into the graph, or makes one without the dead. Called by one thread at a time. */
    Progress tend() {
        Replacement making = replacement;
        if (making != null) {
            return rebuild(making);
        }
        if (isMostlyDead()) {
            replacement = begin();
            return Progress.MORE;
        }
        PointGraph growing = graphWanted();
        if (growing == null || growing.size() == table.size()) {
            return Progress.DONE;
        }
        growing.growTo(Math.min(table.size(), growing.size() + SLICE));
        return Progress.MORE;
    }

    private Progress rebuild(Replacement making) {
        PointGraph growing = making.graph();
        if (growing != null && !making.isComplete()) {
            growing.growTo(Math.min(making.table().size(), growing.size() + SLICE));
        }
        if (!making.isComplete()) {
            return Progress.MORE;
        }
        replace(making);
        replacement = null;
        return Progress.REBUILT;
    }

    private boolean isMostlyDead() {
        int size = table.size();
        int dead = size - living();
        return dead > FEW_DEAD && dead > size * MOST_DEAD;
    }

    /** The graph, which is made when there are points enough. */
    private @Nullable PointGraph graphWanted() {
        if (graph == null && living() >= config.graphFrom()) {
            set(table, new PointGraph(space, table, config, threads));
        }
        return graph;
    }

    private Replacement begin() {
        PointTable fresh = new PointTable();
        int taken;
        lock.readLock().lock();
        try {
            taken = table.size();
            appendLiving(table, 0, fresh);
        } finally {
            lock.readLock().unlock();
        }
        return new Replacement(
                fresh,
                fresh.living() < config.graphFrom() ? null : new PointGraph(space, fresh, config, threads),
                taken);
    }

    private void replace(Replacement made) {
        lock.writeLock().lock();
        try {
            // Entries are shared: what died since the beginning is dead in both tables, and only has to be forgotten by
            // id.
            appendLiving(table, made.taken(), made.table());
            made.table().forgetDead();
            table = made.table();
            graph = made.graph();
        } finally {
            lock.writeLock().unlock();
        }
    }

    private static void appendLiving(PointTable from, int start, PointTable to) {
        for (int number = start; number < from.size(); number++) {
            Entry entry = from.get(number);
            if (!entry.isDead()) {
                to.append(entry);
            }
        }
    }

    private void set(PointTable newTable, @Nullable PointGraph newGraph) {
        lock.writeLock().lock();
        try {
            table = newTable;
            graph = newGraph;
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** Gives the graph up, and begins anew when tended the next time; what is searched meanwhile is compared one by one. */
    void discardGraph() {
        replacement = null;
        set(table, null);
    }

    /** What a snapshot of this moment holds; null when there is no graph, which alone is worth one. */
    @Nullable
    State state() {
        lock.readLock().lock();
        try {
            PointGraph kept = graph;
            return kept == null ? null : State.of(incarnation, sequence, table, kept);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Begins where a snapshot ended, while nobody searches yet. */
    void restore(State state) {
        table = state.table();
        graph = state.graph();
        sequence = state.sequence();
    }
}
