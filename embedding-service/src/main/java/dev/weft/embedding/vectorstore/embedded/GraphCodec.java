package dev.weft.embedding.vectorstore.embedded;

import io.github.jbellis.jvector.graph.ImmutableGraphIndex.NodeAtLevel;
import io.github.jbellis.jvector.graph.NodeArray;
import io.github.jbellis.jvector.graph.NodesIterator;
import io.github.jbellis.jvector.graph.OnHeapGraphIndex;
import io.github.jbellis.jvector.vector.VectorSimilarityFunction;
import io.github.jbellis.jvector.vector.types.VectorFloat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A graph's edges in a snapshot. Their scores are not written: computing them takes less than reading them would, and they fit the processor's way
 * of computing then.
 */
final class GraphCodec {

    private static final int MOST_LEVELS = 64;

    private GraphCodec() {}

    static void write(OnHeapGraphIndex graph, SnapshotWriter out) throws IOException {
        NodeAtLevel entry = graph.entryNode();
        out.putInt(entry == null ? -1 : entry.level);
        out.putInt(entry == null ? -1 : entry.node);
        int levels = entry == null ? 0 : graph.getMaxLevel() + 1;
        out.putInt(levels);
        for (int level = 0; level < levels; level++) {
            out.putInt(graph.getDegree(level));
            out.putInt(graph.size(level));
            for (NodesIterator nodes = graph.getNodes(level); nodes.hasNext(); ) {
                int node = nodes.nextInt();
                NodesIterator neighbours = graph.getNeighborsIterator(level, node);
                out.putInt(node);
                out.putInt(neighbours.size());
                while (neighbours.hasNext()) {
                    out.putInt(neighbours.nextInt());
                }
            }
        }
    }

    static void read(OnHeapGraphIndex graph, PointTable table, VectorSimilarityFunction similarity, SnapshotReader in)
            throws IOException {
        int entryLevel = in.getInt();
        int entryNode = in.getInt();
        int levels = require(in.getInt(), MOST_LEVELS, "levels");
        if (levels == 0) {
            return;
        }
        require(entryNode, table.size() - 1, "entry node");
        require(entryLevel, levels - 1, "level of the entry node");
        List<Integer> degrees = new ArrayList<>();
        int[] highest = new int[table.size()];
        for (int level = 0; level < levels; level++) {
            int degree = in.getInt();
            degrees.add(degree);
            int nodes = require(in.getInt(), table.size(), "nodes");
            for (int i = 0; i < nodes; i++) {
                int node = require(in.getInt(), table.size() - 1, "node");
                graph.connectNode(level, node, neighbours(node, table, similarity, in));
                highest[node] = level + 1;
            }
        }
        graph.setDegrees(degrees);
        for (int node = 0; node < highest.length; node++) {
            if (highest[node] > 0) {
                graph.markComplete(new NodeAtLevel(highest[node] - 1, node));
            }
        }
        graph.updateEntryNode(new NodeAtLevel(entryLevel, entryNode));
    }

    private static NodeArray neighbours(
            int node, PointTable table, VectorSimilarityFunction similarity, SnapshotReader in) throws IOException {
        int count = require(in.getInt(), table.size(), "neighbours");
        VectorFloat<?> vector = table.get(node).vector();
        NodeArray neighbours = new NodeArray(count);
        for (int i = 0; i < count; i++) {
            int neighbour = require(in.getInt(), table.size() - 1, "neighbour");
            neighbours.insertSorted(
                    neighbour, similarity.compare(vector, table.get(neighbour).vector()));
        }
        return neighbours;
    }

    private static int require(int value, int highest, String what) throws IOException {
        if (value < 0 || value > highest) {
            throw new IOException(what + ": " + value + " (expected: 0 to " + highest + ")");
        }
        return value;
    }
}
