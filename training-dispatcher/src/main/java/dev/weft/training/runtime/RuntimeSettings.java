package dev.weft.training.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.time.Deadline;
import java.util.Map;

/** What a runtime has to be told beside a job's parameters, on the machine that this process is on. */
@FunctionalInterface
public interface RuntimeSettings {

    /**
     * The settings of {@code job.json}.
     *
     * @throws InvalidArgument when the parameters name what is not here
     */
    Map<String, String> of(TrainingRuntime runtime, JsonNode parameters, Deadline deadline);
}
