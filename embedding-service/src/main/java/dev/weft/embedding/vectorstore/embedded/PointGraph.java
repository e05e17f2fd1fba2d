package dev.weft.embedding.vectorstore.embedded;

import dev.weft.kit.error.Failure.Internal;
import io.github.jbellis.jvector.graph.GraphIndexBuilder;
import io.github.jbellis.jvector.graph.GraphSearcher;
import io.github.jbellis.jvector.graph.OnHeapGraphIndex;
import io.github.jbellis.jvector.graph.RandomAccessVectorValues;
import io.github.jbellis.jvector.graph.SearchResult;
import io.github.jbellis.jvector.graph.similarity.BuildScoreProvider;
import io.github.jbellis.jvector.graph.similarity.DefaultSearchScoreProvider;
import io.github.jbellis.jvector.util.Bits;
import io.github.jbellis.jvector.vector.types.VectorFloat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;

/**
 * A graph of the entries of one table below a number, which grows: from any of them one gets to those that are near to a vector. Searched by any
 * thread at any time; grown and written by one.
 *
 * <p>JVector's own clean-up, after which a graph can be saved by its own means but not grown, is not used: searches find as much without it
 * (measured, see docs/collections.md).
 */
final class PointGraph {

    private static final float OVERFLOW = 1.2f;
    private static final float ALPHA = 1.2f;
    private static final long SLICE_LIMIT_MINUTES = 10;

    private final Space space;
    private final PointTable table;
    private final ForkJoinPool threads;
    private final Vectors vectors;
    private final GraphIndexBuilder builder;
    private volatile int size;

    PointGraph(Space space, PointTable table, EmbeddedConfig config, ForkJoinPool threads) {
        this.space = space;
        this.table = table;
        this.threads = threads;
        this.vectors = new Vectors(space.space().dimension(), table);
        BuildScoreProvider scores = BuildScoreProvider.randomAccessScoreProvider(vectors, space.neighbourhood());
        this.builder = GraphIndexBuilder.builder(scores, space.space().dimension(), config.neighbours())
                .withBeamWidth(config.buildWidth())
                .withNeighborOverflow(OVERFLOW)
                .withAlpha(ALPHA)
                .withSimdExecutor(threads)
                .withParallelExecutor(threads)
                .build();
    }

    /** The entries of a table, as JVector asks for them. */
    private record Vectors(int dimension, PointTable table) implements RandomAccessVectorValues {
        @Override
        public int size() {
            return table.size();
        }

        @Override
        public VectorFloat<?> getVector(int number) {
            return table.get(number).vector();
        }

        @Override
        public boolean isValueShared() {
            return false;
        }

        @Override
        public RandomAccessVectorValues copy() {
            return this;
        }
    }

    /** Entries below this number are in. */
    int size() {
        return size;
    }

    /** Puts the next entries in, by all threads that build. */
    void growTo(int end) {
        int from = size;
        try {
            threads.submit(() -> IntStream.range(from, end).parallel().forEach(this::add))
                    .get(SLICE_LIMIT_MINUTES, TimeUnit.MINUTES);
        } catch (ExecutionException | TimeoutException e) {
            throw new Internal("graph of collection " + space.space().id() + " does not grow", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Internal("interrupted while a graph grew", e);
        }
        size = end;
    }

    private void add(int number) {
        builder.addGraphNode(number, table.get(number).vector());
    }

    /** What comes upon an entry that was found. */
    @FunctionalInterface
    interface Visitor {
        void found(int number);
    }

    /**
     * Finds the nearest entries that are accepted, by and large.
     *
     * @param width how many candidates are kept
     */
    void nearest(VectorFloat<?> vector, int count, int width, Bits accepted, Visitor visitor) {
        try (GraphSearcher searcher = new GraphSearcher(graph())) {
            SearchResult result = searcher.search(
                    DefaultSearchScoreProvider.exact(vector, space.similarity(), vectors),
                    count,
                    Math.max(count, width),
                    0,
                    0,
                    accepted);
            for (SearchResult.NodeScore node : result.getNodes()) {
                visitor.found(node.node);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private OnHeapGraphIndex graph() {
        return (OnHeapGraphIndex) builder.getGraph();
    }

    /** Writes who is next to whom; nobody grows the graph meanwhile. */
    void write(SnapshotWriter out) throws IOException {
        GraphCodec.write(graph(), out);
        out.putInt(size);
    }

    /** Reads what {@link #write} wrote into a graph that is empty; the table has the entries already. */
    void read(SnapshotReader in) throws IOException {
        GraphCodec.read(graph(), table, space.neighbourhood(), in);
        int read = in.getInt();
        if (read < 0 || read > table.size()) {
            throw new IOException("graph of " + read + " entries (expected: at most " + table.size() + ")");
        }
        size = read;
    }
}
