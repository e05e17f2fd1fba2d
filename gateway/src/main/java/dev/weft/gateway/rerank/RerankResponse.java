package dev.weft.gateway.rerank;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.weft.gateway.rerank.RerankingModels.Relevance;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The answer: what Cohere's and Jina's have in common. Cohere's {@code meta} tells what is billed, and nothing is. */
@RegisterForReflection
record RerankResponse(String id, String model, String object, List<Result> results, Usage usage) {

    /** The best documents first; of two that are as good, the one that came first. */
    static RerankResponse of(String id, RerankRequest request, Relevance relevance) {
        float[] scores = relevance.scores();
        List<Result> results = IntStream.range(0, scores.length)
                .mapToObj(index -> new Result(
                        index,
                        scores[index],
                        request.returnDocuments()
                                ? new Document(request.documents().get(index))
                                : null))
                .sorted(Comparator.comparing(Result::relevanceScore).reversed())
                .limit(request.topN() == null ? scores.length : request.topN())
                .toList();
        return new RerankResponse(
                id, request.model(), "list", results, new Usage(relevance.tokens(), relevance.tokens()));
    }

    @RegisterForReflection
    record Result(
            int index,
            @JsonProperty("relevance_score") float relevanceScore,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            Document document) {}

    @RegisterForReflection
    record Document(String text) {}

    @RegisterForReflection
    record Usage(
            @JsonProperty("prompt_tokens") long promptTokens,
            @JsonProperty("total_tokens") long totalTokens) {}
}
