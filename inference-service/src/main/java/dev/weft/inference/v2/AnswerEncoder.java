package dev.weft.inference.v2;

import dev.weft.inference.lifecycle.Answer;
import dev.weft.inference.lifecycle.Answer.Effort;
import dev.weft.protocol.inference.InferParameter;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferResponse;
import java.time.Duration;

/** Writes an answer; its parameters tell how many tokens it took, and where its time went, in microseconds. */
final class AnswerEncoder {

    /** Parameter of the last response of a streamed request; Triton's name. */
    static final String FINAL = "triton_final_response";

    static final InferParameter TRUE =
            InferParameter.newBuilder().setBoolParam(true).build();

    private AnswerEncoder() {}

    static ModelInferResponse encode(ModelInferRequest request, Answer answer) {
        return response(request, answer).build();
    }

    static ModelInferResponse encodePiece(ModelInferRequest request, Answer piece, boolean last) {
        ModelInferResponse.Builder response = response(request, piece);
        return (last ? response.putParameters(FINAL, TRUE) : response).build();
    }

    private static ModelInferResponse.Builder response(ModelInferRequest request, Answer answer) {
        ModelInferResponse.Builder response = ModelInferResponse.newBuilder()
                .setModelName(answer.model().name())
                .setModelVersion(Long.toString(answer.model().version()))
                .setId(request.getId());
        answer.effort().ifPresent(effort -> put(effort, response));
        TensorEncoder.encode(answer.outputs(), request.getRawInputContentsCount() > 0, response);
        return response;
    }

    private static void put(Effort effort, ModelInferResponse.Builder response) {
        response.putParameters("queue_us", micros(effort.times().queued()))
                .putParameters("compute_us", micros(effort.times().computed()));
        if (effort.tokens() > 0) {
            response.putParameters("tokenize_us", micros(effort.tokenized()))
                    .putParameters("tokens", number(effort.tokens()));
        }
    }

    private static InferParameter micros(Duration duration) {
        return number(duration.toNanos() / 1_000);
    }

    private static InferParameter number(long value) {
        return InferParameter.newBuilder().setInt64Param(value).build();
    }
}
