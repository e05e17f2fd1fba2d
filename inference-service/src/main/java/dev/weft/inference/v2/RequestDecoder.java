package dev.weft.inference.v2;

import dev.weft.inference.batching.Priority;
import dev.weft.inference.lifecycle.InferenceRequest;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.inference.InferParameter;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferRequest.InferRequestedOutputTensor;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a request: its tensors and its parameters. */
final class RequestDecoder {

    /** Bool: whether texts over the token limit are cut. */
    private static final String TRUNCATE = "truncate";

    /** String: {@link Priority#wireName()}. */
    private static final String PRIORITY = "priority";

    private RequestDecoder() {}

    /**
     * What the client asks.
     *
     * @param callPriority what the call's metadata says; null for nothing
     * @throws InvalidArgument naming the field, what came and what was expected
     */
    static InferenceRequest decode(ModelInferRequest request, Deadline deadline, @Nullable String callPriority) {
        return new InferenceRequest(
                TensorDecoder.decode(request),
                request.getOutputsList().stream()
                        .map(InferRequestedOutputTensor::getName)
                        .toList(),
                truncate(request),
                priority(request, callPriority),
                deadline,
                parameters(request.getParametersMap()));
    }

    /** A model heeds those that it knows; others are a client's own, and ignored as the protocol says. */
    private static Map<String, Object> parameters(Map<String, InferParameter> parameters) {
        Map<String, Object> values = new HashMap<>();
        parameters.forEach((name, parameter) -> {
            switch (parameter.getParameterChoiceCase()) {
                case BOOL_PARAM -> values.put(name, parameter.getBoolParam());
                case INT64_PARAM -> values.put(name, parameter.getInt64Param());
                case STRING_PARAM -> values.put(name, parameter.getStringParam());
                case DOUBLE_PARAM -> values.put(name, parameter.getDoubleParam());
                case UINT64_PARAM -> {
                    if (parameter.getUint64Param() < 0) {
                        throw new InvalidArgument("parameters." + name + ": "
                                + Long.toUnsignedString(parameter.getUint64Param()) + " (expected: at most "
                                + Long.MAX_VALUE + ")");
                    }
                    values.put(name, parameter.getUint64Param());
                }
                case PARAMETERCHOICE_NOT_SET -> {}
            }
        });
        return values;
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

    private static Priority priority(ModelInferRequest request, @Nullable String callPriority) {
        if (callPriority != null) {
            return Priority.of(callPriority, PriorityServerInterceptor.HEADER);
        }
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
