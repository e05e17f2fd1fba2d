package dev.weft.inference.lifecycle;

import dev.weft.inference.batching.Priority;
import dev.weft.inference.tensor.Tensor;
import dev.weft.kit.time.Deadline;
import java.util.List;
import java.util.Map;

/**
 * What a client asks of a model.
 *
 * @param inputs in any order, names unique
 * @param outputs names of the wanted ones, in the order of the answer; empty means all
 * @param truncate whether texts over the token limit are cut rather than refused
 * @param priority against the requests that wait for the same model
 * @param deadline after which nobody waits
 * @param parameters the request's own, those above among them; each a Boolean, Long, Double or String
 */
public record InferenceRequest(
        List<Tensor> inputs,
        List<String> outputs,
        boolean truncate,
        Priority priority,
        Deadline deadline,
        Map<String, Object> parameters) {

    public InferenceRequest {
        parameters = Map.copyOf(parameters);
    }
}
