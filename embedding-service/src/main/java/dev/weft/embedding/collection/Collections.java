package dev.weft.embedding.collection;

import dev.weft.embedding.collection.CollectionQuery.Near;
import dev.weft.embedding.embedder.Embedder;
import dev.weft.embedding.embedder.Priority;
import dev.weft.embedding.vectorstore.Match;
import dev.weft.embedding.vectorstore.Point;
import dev.weft.embedding.vectorstore.Selection;
import dev.weft.embedding.vectorstore.VectorQuery;
import dev.weft.embedding.vectorstore.VectorSpace;
import dev.weft.embedding.vectorstore.VectorStore;
import dev.weft.embedding.vectorstore.VectorStores;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.error.Failure.TooLarge;
import dev.weft.kit.time.Deadline;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jboss.logging.Logger;

/**
 * What can be done with collections. Thread-safe; every method blocks until it is done, and throws a {@link Failure}: what the ports' methods throw,
 * and NotFound when there is no such collection.
 */
@Singleton
public class Collections {

    private static final Logger LOG = Logger.getLogger(Collections.class);

    /** Long enough for any text model to be loaded, and no text that somebody wrote. */
    private static final String PROBE = "dimension";

    private static final Duration CLEAN_UP = Duration.ofSeconds(30);

    private final CollectionRepository repository;
    private final VectorStores stores;
    private final Embedder embedder;
    private final Reranking reranking;
    private final CollectionsConfig config;

    Collections(
            CollectionRepository repository,
            VectorStores stores,
            Embedder embedder,
            Reranking reranking,
            CollectionsConfig config) {
        this.repository = repository;
        this.stores = stores;
        this.embedder = embedder;
        this.reranking = reranking;
        this.config = config;
    }

    /**
     * Makes a collection.
     *
     * @throws Failure.AlreadyExists when there is one of that name
     * @throws FailedPrecondition when its store cannot be used here, or its model makes vectors of another dimension
     */
    public Collection create(NewCollection wanted, Deadline deadline) {
        VectorStore store = stores.of(wanted.store().isEmpty() ? config.store() : wanted.store());
        int dimension = dimension(wanted, deadline);
        Collection collection = repository.begin(wanted, dimension, store.name(), config.maxCollections(), deadline);
        boolean made = false;
        try {
            store.create(collection.space(), deadline);
            made = repository.ready(collection, deadline);
        } finally {
            if (!made) {
                clearAway(collection);
            }
        }
        if (!made) {
            throw new Failure.Aborted(
                    "collection '" + wanted.name() + "': deleted while it was made (expected: patience)");
        }
        return collection;
    }

    private int dimension(NewCollection wanted, Deadline deadline) {
        if (wanted.model().isEmpty()) {
            return wanted.dimension();
        }
        int models = embedder.embed(wanted.model(), List.of(PROBE), Priority.INTERACTIVE, deadline)
                .getFirst()
                .length;
        if (wanted.dimension() != 0 && wanted.dimension() != models) {
            throw new FailedPrecondition("dimension: " + wanted.dimension() + " (expected: " + models + ", as model '"
                    + wanted.model() + "' makes)");
        }
        return models;
    }

    /** What fails here is left to {@link UnfinishedCollections}; the reason why there is something to clear away is on its way. */
    private void clearAway(Collection collection) {
        try {
            remove(collection, Deadline.after(CLEAN_UP));
        } catch (Failure e) {
            LOG.infof(
                    "collection %d is cleared away later: %s",
                    collection.space().id(), e.getMessage());
        }
    }

    private boolean remove(Collection collection, Deadline deadline) {
        boolean begun = repository.beginDeletion(collection, deadline);
        finishDeletion(collection, deadline);
        return begun;
    }

    /** Ends a deletion that has begun. */
    void finishDeletion(Collection collection, Deadline deadline) {
        stores.of(collection.store()).drop(collection.space(), deadline);
        repository.end(collection, deadline);
    }

    /** The collection of that name. */
    public Collection get(String name, Deadline deadline) {
        return repository.find(name, deadline).orElseThrow(() -> missing(name));
    }

    private static NotFound missing(String name) {
        return new NotFound("collection '" + name + "': none (expected: one that exists)");
    }

    /** All of them, by name. */
    public List<Collection> list(Deadline deadline) {
        return repository.list(deadline);
    }

    /** Removes a collection and its points. */
    public void delete(String name, Deadline deadline) {
        if (!remove(get(name, deadline), deadline)) {
            throw missing(name);
        }
    }

    /**
     * Adds points, or replaces those that have their ids; of two with the same id the later one counts. Texts without vectors are embedded.
     *
     * @return how many there are, each id counted once
     * @throws FailedPrecondition when there are such texts and the collection has no model
     */
    public int upsert(String name, List<NewPoint> points, Priority priority, Deadline deadline) {
        requireCount("points", points.size());
        Collection collection = get(name, deadline);
        Map<String, NewPoint> byId = new LinkedHashMap<>();
        points.forEach(point -> byId.put(point.id(), point));
        List<Point> whole = embedded(collection, List.copyOf(byId.values()), priority, deadline);
        stores.of(collection.store()).upsert(collection.space(), whole, deadline);
        return whole.size();
    }

    private List<Point> embedded(Collection collection, List<NewPoint> points, Priority priority, Deadline deadline) {
        List<String> texts = new ArrayList<>();
        for (NewPoint point : points) {
            if (point.vector() == null) {
                texts.add(String.valueOf(point.text()));
            }
        }
        List<float[]> vectors =
                texts.isEmpty() ? List.of() : embedder.embed(collection.requireModel(), texts, priority, deadline);
        List<Point> whole = new ArrayList<>(points.size());
        int next = 0;
        for (NewPoint point : points) {
            float[] given = point.vector();
            float[] vector = given == null ? requireModels(collection, vectors.get(next++)) : given;
            if (given != null) {
                collection.space().require(vector, "vector of point '" + point.id() + "'");
            }
            whole.add(new Point(point.id(), vector, point.text(), point.metadata()));
        }
        return whole;
    }

    /** A model may be replaced by one that makes other vectors; the client cannot mend that. */
    private static float[] requireModels(Collection collection, float[] vector) {
        VectorSpace space = collection.space();
        if (vector.length != space.dimension()) {
            throw new FailedPrecondition("model '" + collection.model() + "': makes vectors of " + vector.length
                    + " dimensions now (expected: " + space.dimension() + ", as collection '" + collection.name()
                    + "' has)");
        }
        try {
            space.require(vector, "vector of model '" + collection.model() + "'");
        } catch (InvalidArgument e) {
            throw new Internal(e.getMessage(), e);
        }
        return vector;
    }

    /** The points nearest to what the query says, nearest first, or in the reranking model's order. */
    public List<Found> query(String name, CollectionQuery query, Deadline deadline) {
        if (query.topK() > config.maxTopK()) {
            throw new InvalidArgument("top_k: " + query.topK() + " (expected: at most " + config.maxTopK() + ")");
        }
        Collection collection = get(name, deadline);
        VectorStore store = stores.of(collection.store());
        float[] near = near(collection, query.near(), deadline);
        VectorQuery asked =
                new VectorQuery(near, query.topK(), query.filter(), query.threshold(), reranking.include(query));
        List<Match> matches = store.query(collection.space(), asked, deadline);
        return reranking.order(query, matches, deadline);
    }

    private float[] near(Collection collection, Near near, Deadline deadline) {
        return switch (near) {
            case Near.ToVector(float[] vector) -> {
                collection.space().require(vector, "vector");
                yield vector;
            }
            case Near.ToText(String text) ->
                requireModels(
                        collection,
                        embedder.embed(collection.requireModel(), List.of(text), Priority.INTERACTIVE, deadline)
                                .getFirst());
        };
    }

    /** Points by their ids, in that order, each once; those that do not exist are left out. */
    public List<Point> fetch(String name, List<String> ids, boolean withVectors, Deadline deadline) {
        requireCount("ids", ids.size());
        Point.requireIds(ids);
        Collection collection = get(name, deadline);
        return stores.of(collection.store())
                .fetch(collection.space(), List.copyOf(new LinkedHashSet<>(ids)), withVectors, deadline);
    }

    /** Some points without their vectors, for whoever reads all of them; see {@link VectorStore#scan}. */
    public VectorStore.Scan scan(String name, String cursor, int limit, Deadline deadline) {
        Collection collection = get(name, deadline);
        return stores.of(collection.store()).scan(collection.space(), cursor, limit, deadline);
    }

    /**
     * Removes points.
     *
     * @return how many there were; empty when the store does not tell
     */
    public OptionalLong delete(String name, Selection selection, Deadline deadline) {
        if (selection instanceof Selection.Ids(List<String> ids)) {
            requireCount("ids", ids.size());
            if (new HashSet<>(ids).size() < ids.size()) {
                return delete(name, new Selection.Ids(List.copyOf(new HashSet<>(ids))), deadline);
            }
        }
        Collection collection = get(name, deadline);
        return stores.of(collection.store()).delete(collection.space(), selection, deadline);
    }

    /** How many points there are. */
    public long count(String name, Deadline deadline) {
        Collection collection = get(name, deadline);
        return stores.of(collection.store()).count(collection.space(), deadline);
    }

    private void requireCount(String what, int count) {
        if (count == 0) {
            throw new InvalidArgument(what + ": none (expected: at least one)");
        }
        if (count > config.maxPoints()) {
            throw new TooLarge(what + ": " + count + " (expected: at most " + config.maxPoints() + " in one call)");
        }
    }
}
