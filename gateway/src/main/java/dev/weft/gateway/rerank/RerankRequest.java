package dev.weft.gateway.rerank;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.weft.gateway.http.JsonFields;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * What is asked, checked. Documents come as strings or as objects with a field {@code text}; {@code truncate} is Weft's (and
 * text-embeddings-inference's) own.
 *
 * @param topN how many results are wanted at most; null for all
 * @see <a href="https://docs.cohere.com/reference/rerank">Cohere: rerank</a>
 * @see <a href="https://jina.ai/reranker/">Jina: reranker API</a>
 */
record RerankRequest(
        String model,
        String query,

        @Schema(description = "Strings, or objects with a field text", implementation = Object[].class)
        List<String> documents,

        @Nullable
        @JsonProperty("top_n")
        @Schema(description = "Only so many results, the best ones; all when absent", minimum = "1")
        Integer topN,

        @JsonProperty("return_documents") @Schema(description = "Whether results repeat the document")
        boolean returnDocuments,

        @Schema(description = "Whether texts over the model's token limit are cut rather than refused")
        boolean truncate) {

    /** Reads a body's fields, or refuses them. */
    static RerankRequest of(JsonFields fields, int maxDocuments) {
        return new RerankRequest(
                fields.model(),
                fields.text("query"),
                fields.documents("documents", maxDocuments),
                fields.count("top_n"),
                fields.flag("return_documents"),
                fields.flag("truncate"));
    }
}
