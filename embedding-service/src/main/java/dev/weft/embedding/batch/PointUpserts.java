package dev.weft.embedding.batch;

import dev.weft.embedding.collection.Collections;
import dev.weft.embedding.collection.CollectionsConfig;
import dev.weft.embedding.collection.NewPoint;
import dev.weft.embedding.embedder.Priority;
import dev.weft.kit.error.Failure;
import dev.weft.kit.time.Deadline;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Keeps the points of rows in their collection, many rows at a time; what the collection refuses is cut in halves until the row is alone. Whoever dies
 * between this and the commit of the chunk has it done again by another, which changes nothing. Thread-safe.
 */
@Singleton
final class PointUpserts {

    /** Points of one call, unless one row has more. */
    private static final int CALL_POINTS = 500;

    private final Collections collections;
    private final BatchConfig config;
    private final int callPoints;

    PointUpserts(Collections collections, BatchConfig config, CollectionsConfig limits) {
        this.collections = collections;
        this.config = config;
        // More would be refused, and cut in halves until it is not.
        this.callPoints = Math.min(CALL_POINTS, limits.maxPoints());
    }

    /**
     * Keeps the points of all rows that have not failed and have their vectors, or gives the row its failure.
     *
     * @param abandoned true when nobody wants it any more
     * @throws Retries.Abandoned then
     * @throws Failure when the store has been away or without room for longer than the retry limit
     */
    void upsert(String collection, List<Row> rows, BooleanSupplier abandoned) {
        Retries retries = new Retries(config, abandoned);
        List<Row> part = new ArrayList<>();
        int points = 0;
        for (Row row : rows) {
            if (row.failure() != null || !(row.request() instanceof RowRequest.Points request)) {
                continue;
            }
            if (points > 0 && points + request.size() > callPoints) {
                upsert(collection, part, retries);
                part = new ArrayList<>();
                points = 0;
            }
            part.add(row);
            points += request.size();
        }
        if (points > 0) {
            upsert(collection, part, retries);
        }
    }

    private void upsert(String collection, List<Row> rows, Retries retries) {
        List<NewPoint> points = new ArrayList<>();
        rows.forEach(row -> points.addAll(points(row)));
        try {
            retries.check();
            int _ = retries.call(
                    "the collection",
                    () -> collections.upsert(
                            collection, points, Priority.BATCH, Deadline.after(config.requestTimeout())));
        } catch (Failure.InvalidArgument | Failure.TooLarge | Failure.FailedPrecondition | Failure.Internal e) {
            if (rows.size() == 1) {
                rows.getFirst().fail(RowFailure.of(e, String.valueOf(e.getMessage())));
            } else {
                upsert(collection, rows.subList(0, rows.size() / 2), retries);
                upsert(collection, rows.subList(rows.size() / 2, rows.size()), retries);
            }
        } catch (Failure.NotFound e) {
            rows.forEach(row -> row.fail(RowFailure.noCollection(String.valueOf(e.getMessage()))));
        }
    }

    /** Each with its vector: the client's, or the next of the model's. */
    private static List<NewPoint> points(Row row) {
        List<NewPoint> points = new ArrayList<>();
        if (row.request() instanceof RowRequest.Points request) {
            int next = 0;
            for (NewPoint point : request.points()) {
                float[] given = point.vector();
                float[] vector = given == null ? row.vectors()[next++] : given;
                points.add(new NewPoint(point.id(), vector, point.text(), point.metadata()));
            }
        }
        return points;
    }
}
