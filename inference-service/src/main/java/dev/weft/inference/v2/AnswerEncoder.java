package dev.weft.inference.v2;

import dev.weft.inference.lifecycle.Answer;
import dev.weft.protocol.inference.InferParameter;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferResponse;
import java.time.Duration;

/** Writes an answer; its parameters tell how many tokens it took, and where its time went, in microseconds. */
final class AnswerEncoder {

    private AnswerEncoder() {}

    static ModelInferResponse encode(ModelInferRequest request, Answer answer) {
        ModelInferResponse.Builder response = ModelInferResponse.newBuilder()
                .setModelName(answer.model().name())
                .setModelVersion(Long.toString(answer.model().version()))
                .setId(request.getId())
                .putParameters("queue_us", micros(answer.times().queued()))
                .putParameters("compute_us", micros(answer.times().computed()));
        if (answer.tokens() > 0) {
            response.putParameters("tokenize_us", micros(answer.tokenized()))
                    .putParameters("tokens", number(answer.tokens()));
        }
        TensorEncoder.encode(answer.outputs(), request.getRawInputContentsCount() > 0, response);
        return response.build();
    }

    private static InferParameter micros(Duration duration) {
        return number(duration.toNanos() / 1_000);
    }

    private static InferParameter number(long value) {
        return InferParameter.newBuilder().setInt64Param(value).build();
    }
}
