package dev.weft.embedding.batch;

import dev.weft.embedding.usage.BatchUsage;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** Gives rows what they ask for: vectors, and with them a place in a collection where they are points. Thread-safe. */
@Singleton
final class RowWork {

    private final RowEmbedding embedding;
    private final PointUpserts upserts;

    RowWork(RowEmbedding embedding, PointUpserts upserts) {
        this.embedding = embedding;
        this.upserts = upserts;
    }

    /**
     * Gives each row that has not failed its answer, or its failure.
     *
     * @param abandoned true when nobody wants them any more
     * @return what it took of each model
     * @throws Retries.Abandoned then
     * @throws dev.weft.kit.error.Failure when somebody who is needed has been away or without room for longer than the retry limit
     */
    List<BatchUsage> work(Endpoint endpoint, List<Row> rows, BooleanSupplier abandoned) {
        Map<String, Long> computeMicros = embedding.embed(rows, abandoned);
        switch (endpoint) {
            case Endpoint.Embeddings _ -> {
                // The output has all that there is.
            }
            case Endpoint.Points(String collection) -> upserts.upsert(collection, rows, abandoned);
        }
        return ChunkUsage.of(rows, computeMicros);
    }
}
