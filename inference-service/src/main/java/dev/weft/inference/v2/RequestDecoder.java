package dev.weft.inference.v2;

import dev.weft.inference.batching.Priority;
import dev.weft.inference.lifecycle.InferenceRequest;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.inference.InferParameter;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferRequest.InferRequestedOutputTensor;

/** Reads a request: its tensors and the parameters that a model heeds. Others are a client's own, and ignored as the protocol says. */
final class RequestDecoder {

    /** Bool: whether texts over the token limit are cut. */
    private static final String TRUNCATE = "truncate";

    /** String: {@link Priority#wireName()}. */
    private static final String PRIORITY = "priority";

    private RequestDecoder() {}

    /**
     * What the client asks.
     *
     * @throws InvalidArgument naming the field, what came and what was expected
     */
    static InferenceRequest decode(ModelInferRequest request, Deadline deadline) {
        return new InferenceRequest(
                TensorDecoder.decode(request),
                request.getOutputsList().stream()
                        .map(InferRequestedOutputTensor::getName)
                        .toList(),
                truncate(request),
                priority(request),
                deadline);
    }

    private static boolean truncate(ModelInferRequest request) {
        InferParameter value = request.getParametersMap().get(TRUNCATE);
        if (value == null) {
            return false;
        }
        if (!value.hasBoolParam()) {
            throw new InvalidArgument(
                    "parameters." + TRUNCATE + ": " + value.getParameterChoiceCase() + " (expected: a bool)");
        }
        return value.getBoolParam();
    }

    private static Priority priority(ModelInferRequest request) {
        InferParameter value = request.getParametersMap().get(PRIORITY);
        if (value == null) {
            return Priority.INTERACTIVE;
        }
        String field = "parameters." + PRIORITY;
        if (!value.hasStringParam()) {
            throw new InvalidArgument(
                    field + ": " + value.getParameterChoiceCase() + " (expected: one of " + Priority.NAMES + ")");
        }
        return Priority.of(value.getStringParam(), field);
    }
}
