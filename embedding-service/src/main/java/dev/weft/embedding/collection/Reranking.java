package dev.weft.embedding.collection;

import dev.weft.embedding.collection.CollectionQuery.Near;
import dev.weft.embedding.embedder.Reranker;
import dev.weft.embedding.vectorstore.Include;
import dev.weft.embedding.vectorstore.Match;
import dev.weft.embedding.vectorstore.Point;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.time.Deadline;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Orders matches by what a cross-encoder says of the query and each match's text, where the query names one. */
@Singleton
class Reranking {

    /** Those that have a score first, best first; the rest as they were. */
    private static final Comparator<Found> BEST_FIRST =
            Comparator.comparing(Found::rerankScore, Comparator.nullsLast(Comparator.<Float>reverseOrder()));

    private final Reranker reranker;
    private final CollectionsConfig config;

    Reranking(Reranker reranker, CollectionsConfig config) {
        this.reranker = reranker;
        this.config = config;
    }

    /** What is needed of each match. */
    Include include(CollectionQuery query) {
        Include wanted = query.include();
        return query.rerankModel().isEmpty() ? wanted : new Include(wanted.vector(), true, wanted.metadata());
    }

    /** The matches as the query wants them. */
    List<Found> order(CollectionQuery query, List<Match> matches, Deadline deadline) {
        if (query.rerankModel().isEmpty() || !(query.near() instanceof Near.ToText(String text))) {
            return matches.stream()
                    .map(match -> new Found(match.point(), match.score(), null))
                    .toList();
        }
        if (query.topK() > config.maxReranked()) {
            throw new InvalidArgument(
                    "top_k: " + query.topK() + " with rerank_model (expected: at most " + config.maxReranked() + ")");
        }
        List<String> texts = new ArrayList<>();
        for (Match match : matches) {
            String matched = match.point().text();
            if (matched != null && !matched.isBlank()) {
                texts.add(matched);
            }
        }
        float[] scores = texts.isEmpty() ? new float[0] : reranker.score(query.rerankModel(), text, texts, deadline);
        List<Found> found = new ArrayList<>(matches.size());
        int next = 0;
        for (Match match : matches) {
            String matched = match.point().text();
            boolean isScored = matched != null && !matched.isBlank();
            found.add(new Found(bare(match.point(), query), match.score(), isScored ? scores[next++] : null));
        }
        found.sort(BEST_FIRST);
        return found;
    }

    private static Point bare(Point point, CollectionQuery query) {
        return query.include().text() ? point : new Point(point.id(), point.vector(), null, point.metadata());
    }
}
