package dev.weft.embedding.vectorstore.pgvector;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;

/** The indexes of the store {@code pgvector}. */
@ConfigMapping(prefix = "weft.embedding.pgvector")
public interface PgvectorConfig {

    /** Neighbours of a point in a new collection's graph (pgvector's {@code m}). */
    @WithDefault("16")
    @Min(2)
    @Max(100)
    int neighbours();

    /** Candidates that are looked at when a point is put into it ({@code ef_construction}); twice the neighbours at least. */
    @WithDefault("100")
    @Min(4)
    @Max(1000)
    int buildWidth();

    /** Candidates that a search keeps, {@code top_k} at least ({@code hnsw.ef_search}). */
    @WithDefault("128")
    @Min(1)
    @Max(1000)
    int searchWidth();
}
