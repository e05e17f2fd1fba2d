package dev.weft.gateway.rerank;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Min;

/** Limits of reranking. */
@ConfigMapping(prefix = "weft.gateway.rerank")
public interface RerankConfig {

    /** Documents that one request may bring; a model reads the query once for each. The default is what Cohere recommends. */
    @WithDefault("1000")
    @Min(1)
    int maxDocuments();
}
