package dev.weft.embedding.vectorstore.embedded;

import dev.weft.embedding.vectorstore.Include;
import dev.weft.embedding.vectorstore.Match;
import dev.weft.embedding.vectorstore.Metadata;
import dev.weft.embedding.vectorstore.Point;
import dev.weft.embedding.vectorstore.Selection;
import dev.weft.embedding.vectorstore.VectorQuery;
import dev.weft.embedding.vectorstore.VectorSpace;
import dev.weft.embedding.vectorstore.VectorStore;
import dev.weft.embedding.vectorstore.embedded.SpaceIndex.Hit;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.time.Deadline;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import org.jboss.logging.Logger;

/**
 * Keeps points in PostgreSQL and finds them by indexes in memory. Whatever has been written, by whichever replica, is in every answer that is asked
 * for afterwards: each question first asks the database how many changes there are, and takes over those that the index lacks.
 */
@Singleton
final class EmbeddedVectorStore implements VectorStore {

    private static final Logger LOG = Logger.getLogger(EmbeddedVectorStore.class);

    private final EmbeddedConfig config;
    private final EmbeddedPoints points;
    private final SpaceIndexes indexes;

    EmbeddedVectorStore(EmbeddedConfig config, EmbeddedPoints points, SpaceIndexes indexes) {
        this.config = config;
        this.points = points;
        this.indexes = indexes;
    }

    void start(@Observes StartupEvent event) {
        if (config.loadAtStart()) {
            Thread.ofVirtual().name("indexes-at-start").start(this::loadAll);
        }
    }

    private void loadAll() {
        Deadline deadline = Deadline.after(config.loadTimeout());
        try {
            for (VectorSpace space : points.spaces(deadline)) {
                indexes.current(space, deadline);
            }
        } catch (Failure e) {
            // They are loaded when somebody asks for them.
            LOG.warnf("not all indexes are loaded at the start: %s", e.getMessage());
        }
    }

    @Override
    public String name() {
        return "embedded";
    }

    @Override
    public void create(VectorSpace space, Deadline deadline) {
        points.create(space, deadline);
    }

    @Override
    public void drop(VectorSpace space, Deadline deadline) {
        points.drop(space, deadline);
        indexes.drop(space);
    }

    @Override
    public void upsert(VectorSpace space, List<Point> added, Deadline deadline) {
        EmbeddedPoints.Written written =
                points.upsert(space, added, count -> indexes.requireRoom(space, count), deadline);
        Space held = new Space(space);
        List<Change> changes = new ArrayList<>(added.size());
        added.forEach(point ->
                changes.add(new Change.Put(new Entry(point.id(), held.prepare(point.vector()), point.metadata()))));
        indexes.written(space, written, changes);
    }

    @Override
    public List<Match> query(VectorSpace space, VectorQuery query, Deadline deadline) {
        List<Hit> hits = current(space, deadline).search(query);
        Include include = query.include();
        if (hits.isEmpty() || !(include.vector() || include.text())) {
            return hits.stream()
                    .map(hit -> new Match(
                            new Point(hit.entry().id(), Point.NO_VECTOR, null, metadata(hit, include)), hit.score()))
                    .toList();
        }
        List<String> ids = hits.stream().map(hit -> hit.entry().id()).toList();
        Map<String, Point> kept = points.fetch(space, ids, include.vector(), deadline);
        // A point that has been removed since the search is no match any more.
        return hits.stream()
                .filter(hit -> kept.containsKey(hit.entry().id()))
                .map(hit ->
                        match(hit, Objects.requireNonNull(kept.get(hit.entry().id())), include))
                .toList();
    }

    private static Match match(Hit hit, Point kept, Include include) {
        return new Match(
                new Point(kept.id(), kept.vector(), include.text() ? kept.text() : null, metadata(hit, include)),
                hit.score());
    }

    private static Metadata metadata(Hit hit, Include include) {
        return include.metadata() ? hit.entry().metadata() : Metadata.EMPTY;
    }

    /** The index, with all changes up to now. */
    private SpaceIndex current(VectorSpace space, Deadline deadline) {
        try {
            return indexes.current(space, deadline);
        } catch (NotFound e) {
            // Another replica has dropped it.
            indexes.drop(space);
            throw e;
        }
    }

    @Override
    public List<Point> fetch(VectorSpace space, List<String> ids, boolean withVectors, Deadline deadline) {
        Map<String, Point> kept = points.fetch(space, ids, withVectors, deadline);
        return ids.stream().map(kept::get).filter(Objects::nonNull).toList();
    }

    @Override
    public Scan scan(VectorSpace space, String cursor, int limit, Deadline deadline) {
        List<Point> some = points.scan(space, cursor, limit, deadline);
        return new Scan(some, some.size() < limit ? "" : some.getLast().id());
    }

    @Override
    public OptionalLong delete(VectorSpace space, Selection selection, Deadline deadline) {
        return switch (selection) {
            case Selection.Ids(List<String> ids) -> OptionalLong.of(remove(space, ids, deadline));
            case Selection.Matching matching -> {
                // Nobody else can change the space between the index's answer and the removal.
                EmbeddedPoints.Removal removal = points.remove(
                        space, head -> indexes.current(space, head, deadline).matching(matching.filter()), deadline);
                yield OptionalLong.of(taken(space, removal));
            }
            case Selection.Everything() -> {
                long cleared = points.clear(space, deadline);
                indexes.drop(space);
                yield OptionalLong.of(cleared);
            }
        };
    }

    private long remove(VectorSpace space, List<String> ids, Deadline deadline) {
        return taken(space, points.remove(space, _ -> ids, deadline));
    }

    private long taken(VectorSpace space, EmbeddedPoints.Removal removal) {
        List<Change> changes = new ArrayList<>(removal.ids().size());
        removal.ids().forEach(id -> changes.add(new Change.Removed(id)));
        indexes.written(space, removal.written(), changes);
        return removal.ids().size();
    }

    @Override
    public long count(VectorSpace space, Deadline deadline) {
        return points.head(space, deadline).points();
    }
}
