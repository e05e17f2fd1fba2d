package dev.weft.gateway.upstream;

import dev.weft.gateway.http.Priority;
import dev.weft.gateway.http.RestCall;
import dev.weft.protocol.inference.InferParameter;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferResponse;

/** What of a REST request's headers goes out and comes back as V2 parameters. */
final class CallParameters {

    private static final String PRIORITY = "priority";

    private CallParameters() {}

    /** The request with the header's priority, if there is one; it overrules a priority that the body names. */
    static ModelInferRequest withPriority(ModelInferRequest request, RestCall call) {
        Priority priority = call.priority();
        if (priority == null) {
            return request;
        }
        InferParameter value =
                InferParameter.newBuilder().setStringParam(priority.wireName()).build();
        return request.toBuilder().putParameters(PRIORITY, value).build();
    }

    /** Whether nobody waits for the answer. */
    static boolean isPatient(ModelInferRequest request) {
        InferParameter priority = request.getParametersMap().get(PRIORITY);
        return priority != null && priority.getStringParam().equals(Priority.BATCH.wireName());
    }

    /** Notes where the model's time went. */
    static void noteTimes(ModelInferResponse response, RestCall call) {
        note("queue", response, call);
        note("tokenize", response, call);
        note("compute", response, call);
    }

    private static void note(String phase, ModelInferResponse response, RestCall call) {
        InferParameter micros = response.getParametersMap().get(phase + "_us");
        if (micros != null && micros.hasInt64Param()) {
            call.timing().add(phase, micros.getInt64Param());
        }
    }
}
