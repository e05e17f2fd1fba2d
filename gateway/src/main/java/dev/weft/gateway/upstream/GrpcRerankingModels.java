package dev.weft.gateway.upstream;

import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.rerank.RerankingModels;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.error.Failure.InvalidArgument;
import jakarta.inject.Singleton;
import java.util.List;

/** Reranking by V2's text models of inference-service. */
@Singleton
final class GrpcRerankingModels implements RerankingModels {

    private static final String TASK = "reranking";
    private static final String QUERY = "QUERY";
    private static final String TEXT = "TEXT";
    private static final String SCORE = "SCORE";
    private static final String TOKEN_COUNT = "TOKEN_COUNT";

    private final InferenceUpstream upstream;
    private final ModelDescriptions descriptions;

    GrpcRerankingModels(InferenceUpstream upstream, ModelDescriptions descriptions) {
        this.upstream = upstream;
        this.descriptions = descriptions;
    }

    @Override
    public Relevance score(String model, String query, List<String> documents, boolean truncate, RestCall call) {
        descriptions.of(model, call).requireTask(TASK);
        TensorWriter request = new TensorWriter(model)
                .texts(QUERY, List.of(query))
                .texts(TEXT, documents)
                .output(SCORE)
                .output(TOKEN_COUNT)
                .truncate(truncate);
        TensorReader answer;
        try {
            answer = new TensorReader(upstream.infer(call, request.build()));
        } catch (InvalidArgument e) {
            // A model that has just been replaced by one of another task would be refused for the tensors of this one.
            descriptions.current(model, call).requireTask(TASK);
            throw TensorWriter.renamed(TensorWriter.renamed(e, QUERY, "query"), TEXT, "documents");
        }
        float[] scores = answer.finiteMatrix(SCORE).values();
        if (scores.length != documents.size()) {
            throw new Internal(
                    "model '" + model + "' answered " + scores.length + " scores (expected: " + documents.size() + ")",
                    null);
        }
        return new Relevance(scores, answer.sum(TOKEN_COUNT));
    }
}
