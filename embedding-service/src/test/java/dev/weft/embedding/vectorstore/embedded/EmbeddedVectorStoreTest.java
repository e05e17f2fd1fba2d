package dev.weft.embedding.vectorstore.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.embedding.vectorstore.Filter;
import dev.weft.embedding.vectorstore.Filter.Compare;
import dev.weft.embedding.vectorstore.Filter.Comparison;
import dev.weft.embedding.vectorstore.Include;
import dev.weft.embedding.vectorstore.Metadata;
import dev.weft.embedding.vectorstore.MetadataValue.Flag;
import dev.weft.embedding.vectorstore.Metric;
import dev.weft.embedding.vectorstore.Point;
import dev.weft.embedding.vectorstore.Selection;
import dev.weft.embedding.vectorstore.VectorQuery;
import dev.weft.embedding.vectorstore.VectorSpace;
import dev.weft.embedding.vectorstore.VectorStore;
import dev.weft.embedding.vectorstore.VectorStoreContract;
import dev.weft.embedding.vectorstore.Vectors;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.testkit.DatabaseResource;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@QuarkusTest
@QuarkusTestResource(value = DatabaseResource.class, initArgs = @ResourceArg(name = "schema", value = "embedding"))
class EmbeddedVectorStoreTest extends VectorStoreContract {

    private static final int DIMENSION = 64;
    private static final int GRAPH_FROM = 200;

    @Inject
    private EmbeddedVectorStore injected;

    @Inject
    private EmbeddedPoints points;

    @TempDir
    private Path folder;

    private final List<Replica> replicas = new ArrayList<>();

    @Override
    protected VectorStore store() {
        return injected;
    }

    /** A process' part of the store: the database is everybody's, the memory and the folder are its own. */
    private final class Replica implements AutoCloseable {
        private final EmbeddedConfig config;
        private final Gardener gardener;
        private final SpaceIndexes indexes;
        private final EmbeddedVectorStore store;

        private Replica(EmbeddedConfig config) {
            this.config = config;
            Snapshots snapshots = new Snapshots(config);
            this.gardener = new Gardener(config, snapshots, points);
            this.indexes = new SpaceIndexes(config, points, snapshots, gardener, new SimpleMeterRegistry());
            this.store = new EmbeddedVectorStore(config, points, indexes);
        }

        private SpaceIndex index(VectorSpace space) {
            return indexes.current(space, soon());
        }

        /** What a start would take up. */
        private @Nullable State snapshot(VectorSpace space) {
            return new Snapshots(config)
                    .read(
                            new Space(space),
                            points.head(space, soon()),
                            table -> new PointGraph(new Space(space), table, config, gardener.threads()));
        }

        private State state(VectorSpace space) {
            State state = index(space).state();
            assertThat(state).as("a state with a graph").isNotNull();
            return Objects.requireNonNull(state);
        }

        private void awaitGraph(VectorSpace space) {
            await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
                State state = state(space);
                assertThat(state.graph().size()).isEqualTo(state.size());
            });
        }

        @Override
        public void close() {
            gardener.stop(new ShutdownEvent());
        }
    }

    private Replica replica(String name) {
        return replica(
                name,
                EmbeddedConfigTest.config(
                        "snapshots", folder.resolve(name).toString(), "graph-from", Integer.toString(GRAPH_FROM)));
    }

    private Replica replica(String name, EmbeddedConfig config) {
        assertThat(name).isNotEmpty();
        Replica replica = new Replica(config);
        replicas.add(replica);
        return replica;
    }

    @AfterEach
    void closeReplicas() {
        replicas.forEach(Replica::close);
    }

    private VectorSpace space(Metric metric) {
        VectorSpace space = new VectorSpace(ThreadLocalRandom.current().nextInt(1, 1_000_000_000), DIMENSION, metric);
        injected.create(space, soon());
        return space;
    }

    private static void upsert(VectorStore store, VectorSpace space, List<Point> points) {
        for (int start = 0; start < points.size(); start += 500) {
            store.upsert(space, points.subList(start, Math.min(points.size(), start + 500)), soon());
        }
    }

    private static List<String> ids(VectorStore store, VectorSpace space, float[] near, int topK, Filter filter) {
        return store.query(space, new VectorQuery(near, topK, filter, null, Include.NOTHING), soon()).stream()
                .map(match -> match.point().id())
                .toList();
    }

    private static double recall(VectorStore store, VectorSpace space, List<Point> points, Filter filter) {
        List<Point> taken = points.stream()
                .filter(point -> filter.matches(point.metadata()))
                .toList();
        Vectors queries = new Vectors(DIMENSION, 99);
        double found = 0;
        for (int i = 0; i < 50; i++) {
            float[] query = queries.next();
            Set<String> expected = new HashSet<>(Vectors.exact(space, taken, query, 10));
            expected.retainAll(ids(store, space, query, 10, filter));
            found += expected.size();
        }
        return found / Math.min(10, taken.size()) / 50;
    }

    @ParameterizedTest
    @EnumSource(Metric.class)
    void graphFindsNearlyAllWithAndWithoutFilters(Metric metric) {
        VectorSpace space = space(metric);
        List<Point> all = new Vectors(DIMENSION, 3).points(3_000);
        Replica replica = replica("a");
        upsert(replica.store, space, all);
        replica.awaitGraph(space);

        assertThat(recall(replica.store, space, all, Filter.all())).isGreaterThanOrEqualTo(0.98);
        assertThat(recall(replica.store, space, all, Filter.eq("even", new Flag(true))))
                .isGreaterThanOrEqualTo(0.98);
        assertThat(recall(replica.store, space, all, new Compare("number", Comparison.LESS, 5)))
                .isEqualTo(1);
    }

    @Test
    void pointsAreFoundBeforeTheyAreInTheGraph() {
        VectorSpace space = space(Metric.COSINE);
        Replica replica = replica("a");
        List<Point> all = new Vectors(DIMENSION, 4).points(1_500);

        upsert(replica.store, space, all);

        assertThat(recall(replica.store, space, all, Filter.all())).isGreaterThanOrEqualTo(0.98);
    }

    @Test
    void deletedAndReplacedPointsAreNotFoundInTheGraph() {
        VectorSpace space = space(Metric.COSINE);
        Replica replica = replica("a");
        Vectors vectors = new Vectors(DIMENSION, 5);
        List<Point> all = vectors.points(1_000);
        upsert(replica.store, space, all);
        replica.awaitGraph(space);
        float[] query = vectors.next();
        List<String> nearest = Vectors.exact(space, all, query, 20);

        replica.store.delete(space, new Selection.Ids(nearest.subList(0, 10)), soon());
        assertThat(ids(replica.store, space, query, 10, Filter.all()))
                .doesNotContainAnyElementsOf(nearest.subList(0, 10));

        List<Point> opposite = nearest.subList(10, 20).stream()
                .map(id -> new Point(id, opposite(query), null, Metadata.EMPTY))
                .toList();
        replica.store.upsert(space, opposite, soon());
        assertThat(ids(replica.store, space, query, 10, Filter.all())).doesNotContainAnyElementsOf(nearest);
        assertThat(ids(replica.store, space, opposite(query), 10, Filter.all()))
                .containsExactlyInAnyOrderElementsOf(nearest.subList(10, 20));
    }

    private static float[] opposite(float[] vector) {
        float[] opposite = new float[vector.length];
        for (int i = 0; i < vector.length; i++) {
            opposite[i] = -vector[i];
        }
        return opposite;
    }

    @Test
    void whatOneReplicaWritesTheOtherFindsAtOnce() {
        VectorSpace space = space(Metric.DOT);
        Replica one = replica("one");
        Replica other = replica("other");
        Vectors vectors = new Vectors(DIMENSION, 6);
        List<Point> all = vectors.points(400);
        for (int start = 0; start < all.size(); start += 20) {
            List<Point> part = all.subList(start, start + 20);
            Replica writer = start % 40 == 0 ? one : other;
            Replica reader = start % 40 == 0 ? other : one;

            writer.store.upsert(space, part, soon());

            assertThat(ids(reader.store, space, part.getFirst().vector(), 400, Filter.all()))
                    .hasSize(start + 20)
                    .contains(part.getFirst().id());
        }
        one.store.delete(space, new Selection.Matching(Filter.eq("even", new Flag(true))), soon());
        assertThat(ids(other.store, space, vectors.next(), 400, Filter.all())).hasSize(200);
        other.store.delete(space, new Selection.Everything(), soon());
        assertThat(ids(one.store, space, vectors.next(), 400, Filter.all())).isEmpty();
    }

    @Test
    void spaceThatAnotherReplicaDroppedIsNotFound() {
        VectorSpace space = space(Metric.COSINE);
        Replica one = replica("one");
        Replica other = replica("other");
        upsert(one.store, space, new Vectors(DIMENSION, 7).points(10));
        assertThat(ids(other.store, space, new Vectors(DIMENSION, 8).next(), 1, Filter.all()))
                .hasSize(1);

        one.store.drop(space, soon());

        assertThatThrownBy(() -> ids(other.store, space, new Vectors(DIMENSION, 8).next(), 1, Filter.all()))
                .isInstanceOf(NotFound.class);
        assertThat(other.indexes.ifLoaded(space)).isNull();
    }

    @Test
    void pointsThatDoNotFitIntoMemoryAreRefusedBeforeTheyAreKept() {
        VectorSpace space = space(Metric.COSINE);
        Replica small = replica("small", EmbeddedConfigTest.config("memory", "100K"));

        assertThatThrownBy(() -> upsert(small.store, space, new Vectors(DIMENSION, 9).points(500)))
                .isInstanceOf(ResourceExhausted.class)
                .hasMessageContaining("weft.embedding.embedded.memory");
        assertThat(small.store.count(space, soon())).isZero();
    }

    @Test
    void indexThatWasUsedLongestAgoMakesRoom() {
        Replica small = replica("small", EmbeddedConfigTest.config("memory", "1M"));
        VectorSpace first = space(Metric.COSINE);
        VectorSpace second = space(Metric.COSINE);
        upsert(small.store, first, new Vectors(DIMENSION, 10).points(600));
        upsert(small.store, second, new Vectors(DIMENSION, 11).points(600));
        float[] query = new Vectors(DIMENSION, 12).next();

        assertThat(ids(small.store, first, query, 5, Filter.all())).hasSize(5);
        assertThat(ids(small.store, second, query, 5, Filter.all())).hasSize(5);

        assertThat(small.indexes.ifLoaded(first)).isNull();
        assertThat(ids(small.store, first, query, 5, Filter.all())).hasSize(5);
    }

    @Test
    void deadEntriesAreClearedAwayWhileChangesGoOn() {
        VectorSpace space = space(Metric.COSINE);
        Replica replica = replica("a");
        List<Point> all = new Vectors(DIMENSION, 13).points(1_200);
        for (int round = 0; round < 4; round++) {
            upsert(replica.store, space, all);
            ids(replica.store, space, all.getFirst().vector(), 1, Filter.all());
        }

        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
            State state = replica.state(space);
            assertThat(state.size()).isLessThan(2_400);
            assertThat(state.graph().size()).isEqualTo(state.size());
        });
        assertThat(recall(replica.store, space, all, Filter.all())).isGreaterThanOrEqualTo(0.98);
    }

    private void withSnapshot(VectorSpace space, List<Point> all, Consumer<Path> then) throws IOException {
        Replica replica = replica("kept");
        upsert(replica.store, space, all);
        replica.awaitGraph(space);
        replica.close();
        replicas.remove(replica);
        try (var files = Files.list(folder.resolve("kept"))) {
            Path file = files.toList().getFirst();
            assertThat(file).hasFileName("space-" + space.id() + ".snapshot");
            then.accept(file);
        }
    }

    @Test
    void snapshotIsTakenUpAndBroughtUpToDate() throws IOException {
        VectorSpace space = space(Metric.COSINE);
        List<Point> all = new Vectors(DIMENSION, 14).points(1_000);
        withSnapshot(space, all.subList(0, 900), _ -> {
            upsert(injected, space, all.subList(900, 1_000));
            injected.delete(space, new Selection.Ids(List.of("p0", "p1")), soon());
        });

        Replica next = replica("kept");
        assertThat(next.snapshot(space)).isNotNull();
        State state = next.state(space);

        assertThat(state.graph().size()).isGreaterThanOrEqualTo(900);
        assertThat(recall(next.store, space, all.subList(2, 1_000), Filter.all()))
                .isGreaterThanOrEqualTo(0.98);
        assertThat(ids(next.store, space, all.getFirst().vector(), 1_000, Filter.all()))
                .hasSize(998)
                .doesNotContain("p0", "p1");
        next.awaitGraph(space);
        assertThat(recall(next.store, space, all.subList(2, 1_000), Filter.all()))
                .isGreaterThanOrEqualTo(0.98);
    }

    @Test
    void damagedSnapshotIsNotUsed() throws IOException {
        VectorSpace space = space(Metric.COSINE);
        List<Point> all = new Vectors(DIMENSION, 15).points(500);
        withSnapshot(space, all, file -> {
            try {
                byte[] bytes = Files.readAllBytes(file);
                bytes[bytes.length / 2] ^= 1;
                Files.write(file, bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });

        Replica next = replica("kept");

        assertThat(next.snapshot(space)).isNull();
        assertThat(recall(next.store, space, all, Filter.all())).isGreaterThanOrEqualTo(0.98);
    }

    @Test
    void snapshotOfAnotherHistoryIsNotUsed() throws IOException {
        VectorSpace space = space(Metric.COSINE);
        List<Point> all = new Vectors(DIMENSION, 16).points(500);
        withSnapshot(space, all, _ -> {
            injected.delete(space, new Selection.Everything(), soon());
            upsert(injected, space, all.subList(0, 300));
        });

        Replica next = replica("kept");

        assertThat(next.snapshot(space)).isNull();
        assertThat(next.index(space).living()).isEqualTo(300);
        assertThat(recall(next.store, space, all.subList(0, 300), Filter.all())).isGreaterThanOrEqualTo(0.98);
    }

    @Test
    void indexBehindForgottenRemovalsIsBuiltAnew() {
        VectorSpace space = space(Metric.COSINE);
        Replica behind = replica("behind");
        List<Point> all = new Vectors(DIMENSION, 17).points(300);
        upsert(injected, space, all);
        assertThat(behind.index(space).living()).isEqualTo(300);

        injected.delete(space, new Selection.Ids(List.of("p0", "p1", "p2")), soon());
        points.purge(space, points.head(space, soon()).sequence(), soon());

        assertThat(ids(behind.store, space, all.getFirst().vector(), 300, Filter.all()))
                .hasSize(297)
                .doesNotContain("p0", "p1", "p2");
    }
}
