package dev.weft.embedding.embedder;

import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.inference.ModelInferRequest;
import jakarta.inject.Singleton;
import java.util.List;

/** Reranks by V2's text models: QUERY and TEXT in, SCORE out. */
@Singleton
final class GrpcReranker implements Reranker {

    private static final String SCORE = "SCORE";

    private final TextModels models;

    GrpcReranker(TextModels models) {
        this.models = models;
    }

    @Override
    public float[] score(String model, String query, List<String> texts, Deadline deadline) {
        ModelInferRequest.Builder request = ModelInferRequest.newBuilder()
                .setModelName(model)
                .addOutputs(TextTensors.output(SCORE))
                .putParameters("truncate", TextTensors.parameter(true));
        TextTensors.add(request, "QUERY", List.of(query));
        TextTensors.add(request, "TEXT", texts);
        float[] scores =
                TextTensors.floats(models.infer(request.build(), deadline).response(), SCORE, texts.size());
        if (scores.length != texts.size()) {
            throw new Internal(
                    "model '" + model + "' answered " + scores.length + " scores (expected: " + texts.size() + ")",
                    null);
        }
        return scores;
    }
}
