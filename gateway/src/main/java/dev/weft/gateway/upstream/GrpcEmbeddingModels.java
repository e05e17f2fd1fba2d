package dev.weft.gateway.upstream;

import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.openai.EmbeddingModels;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.protocol.inference.RepositoryIndexResponse.ModelIndex;
import jakarta.inject.Singleton;
import java.util.List;

/** Embedding by V2's text models of inference-service. */
@Singleton
final class GrpcEmbeddingModels implements EmbeddingModels {

    private static final String TEXT = "TEXT";
    private static final String TOKEN_IDS = "TOKEN_IDS";
    private static final String EMBEDDING = "EMBEDDING";
    private static final String TOKEN_COUNT = "TOKEN_COUNT";

    private final InferenceUpstream upstream;
    private final ModelRepository repository;

    GrpcEmbeddingModels(InferenceUpstream upstream, ModelRepository repository) {
        this.upstream = upstream;
        this.repository = repository;
    }

    @Override
    public Embeddings embed(String model, EmbeddingInput input, boolean truncate, RestCall call) {
        TensorWriter request =
                new TensorWriter(model).output(EMBEDDING).output(TOKEN_COUNT).truncate(truncate);
        switch (input) {
            case EmbeddingInput.Texts(List<String> texts) -> request.texts(TEXT, texts);
            case EmbeddingInput.Tokens(List<List<Integer>> rows) -> request.tokens(TOKEN_IDS, rows);
        }
        try {
            TensorReader answer = new TensorReader(upstream.infer(call, request.build()));
            TensorReader.Matrix vectors = answer.matrix(EMBEDDING);
            return new Embeddings(vectors.values(), vectors.columns(), answer.sum(TOKEN_COUNT));
        } catch (InvalidArgument e) {
            throw TensorWriter.renamed(TensorWriter.renamed(e, TEXT, "input"), TOKEN_IDS, "input");
        }
    }

    @Override
    public List<String> ready(RestCall call) {
        return repository.index(true, call.deadline()).stream()
                .map(ModelIndex::getName)
                .filter(call.caller().models()::allow)
                .distinct()
                .toList();
    }
}
