package dev.weft.embedding.vectorstore.embedded;

import dev.weft.embedding.vectorstore.VectorQuery;
import dev.weft.embedding.vectorstore.embedded.SpaceIndex.Hit;
import io.github.jbellis.jvector.vector.types.VectorFloat;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** The nearest of the entries that come along. Of two that are as near, the one with the lower id is nearer. Not thread-safe. */
final class Nearest {

    private static final Comparator<Hit> FARTHEST_FIRST = Comparator.comparingDouble(Hit::score)
            .thenComparing(hit -> hit.entry().id(), Comparator.reverseOrder());

    private final Space space;
    private final VectorFloat<?> near;
    private final int count;
    private final PriorityQueue<Hit> best = new PriorityQueue<>(FARTHEST_FIRST);
    private float worst = Float.NEGATIVE_INFINITY;

    Nearest(Space space, VectorFloat<?> near, int count) {
        this.space = space;
        this.near = near;
        this.count = count;
    }

    void offer(Entry entry) {
        float score = space.score(near, entry.vector());
        if (isFull() && score < worst) {
            return;
        }
        best.add(new Hit(entry, score));
        if (best.size() > count) {
            best.poll();
        }
        Hit last = best.peek();
        worst = last == null ? worst : last.score();
    }

    boolean isFull() {
        return best.size() >= count;
    }

    /** The same, empty. */
    Nearest cleared() {
        best.clear();
        worst = Float.NEGATIVE_INFINITY;
        return this;
    }

    /** What is near enough for the query, nearest first. */
    List<Hit> take(VectorQuery query) {
        List<Hit> hits = new ArrayList<>(best);
        hits.removeIf(hit -> !query.takes(hit.score()));
        hits.sort(FARTHEST_FIRST.reversed());
        return hits;
    }
}
