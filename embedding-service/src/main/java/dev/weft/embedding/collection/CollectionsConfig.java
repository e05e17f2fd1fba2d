package dev.weft.embedding.collection;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;

/** Limits of collections. */
@ConfigMapping(prefix = "weft.embedding.collections")
public interface CollectionsConfig {

    /** The store of collections that name none: {@code embedded}, {@code pgvector} or {@code pinecone}. */
    @WithDefault("embedded")
    @NotBlank
    String store();

    /** Collections that there may be. */
    @WithDefault("1000")
    @Min(1)
    int maxCollections();

    /** Points that one upsert may bring, and ids that one fetch or deletion may name. */
    @WithDefault("1000")
    @Min(1)
    int maxPoints();

    /** The largest {@code top_k}. */
    @WithDefault("1000")
    @Min(1)
    @Max(10000)
    int maxTopK();

    /** Matches that are reranked at most; the reranking model reads each. */
    @WithDefault("200")
    @Min(1)
    int maxReranked();

    /** For calls without a deadline. */
    @WithDefault("60s")
    @DurationMin(millis = 1)
    Duration defaultTimeout();
}
