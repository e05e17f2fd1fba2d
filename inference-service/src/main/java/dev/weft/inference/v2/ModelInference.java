package dev.weft.inference.v2;

import dev.weft.inference.lifecycle.EngineConfig;
import dev.weft.inference.lifecycle.InferenceRequest;
import dev.weft.inference.lifecycle.ModelRegistry;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.rpc.DeadlineServerInterceptor;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.inference.InferParameter;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferRequest.InferRequestedOutputTensor;
import dev.weft.protocol.inference.ModelInferResponse;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Asks the registry's models in the protocol's messages. Stateless. */
@Singleton
class ModelInference {

    /** Parameter of the last response of a streamed request; Triton's name. */
    static final String FINAL = "triton_final_response";

    static final InferParameter TRUE =
            InferParameter.newBuilder().setBoolParam(true).build();

    private final ModelRegistry registry;
    private final EngineConfig config;

    ModelInference(ModelRegistry registry, EngineConfig config) {
        this.registry = registry;
        this.config = config;
    }

    /** The deadline of a request that arrives now: the caller's, or the configured one. */
    Deadline deadline() {
        Deadline callers = DeadlineServerInterceptor.CONTEXT.get();
        return callers == null ? Deadline.after(config.defaultTimeout()) : callers;
    }

    /** The whole answer. */
    ModelInferResponse infer(ModelInferRequest request) {
        return response(
                        request,
                        registry.infer(
                                request.getModelName(), request.getModelVersion(), inference(request, deadline())))
                .build();
    }

    /** The answer in pieces, as soon as there is each; the last says that it is the last. */
    void stream(ModelInferRequest request, Deadline deadline, Consumer<ModelInferResponse> pieces) {
        registry.stream(
                request.getModelName(), request.getModelVersion(), inference(request, deadline), (piece, last) -> {
                    ModelInferResponse.Builder response = response(request, piece);
                    pieces.accept((last ? response.putParameters(FINAL, TRUE) : response).build());
                });
    }

    private static InferenceRequest inference(ModelInferRequest request, Deadline deadline) {
        return new InferenceRequest(
                TensorDecoder.decode(request),
                request.getOutputsList().stream()
                        .map(InferRequestedOutputTensor::getName)
                        .toList(),
                truncate(request.getParametersMap()),
                deadline,
                parameters(request.getParametersMap()));
    }

    private static ModelInferResponse.Builder response(ModelInferRequest request, ModelRegistry.Inference answer) {
        ModelInferResponse.Builder response = ModelInferResponse.newBuilder()
                .setModelName(answer.model().name())
                .setModelVersion(Long.toString(answer.model().version()))
                .setId(request.getId());
        TensorEncoder.encode(answer.outputs(), request.getRawInputContentsCount() > 0, response);
        return response;
    }

    private static boolean truncate(Map<String, InferParameter> parameters) {
        InferParameter truncate = parameters.get("truncate");
        if (truncate == null) {
            return false;
        }
        return switch (truncate.getParameterChoiceCase()) {
            case BOOL_PARAM -> truncate.getBoolParam();
            case INT64_PARAM, STRING_PARAM, DOUBLE_PARAM, UINT64_PARAM, PARAMETERCHOICE_NOT_SET ->
                throw new InvalidArgument(
                        "parameters.truncate: " + truncate.getParameterChoiceCase() + " (expected: a bool)");
        };
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
}
