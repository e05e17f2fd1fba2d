package dev.weft.training.publish;

import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Deadline;
import dev.weft.training.job.JobId;
import dev.weft.training.job.JobState;
import dev.weft.training.job.PublishTarget;
import java.nio.file.Path;
import java.util.Map;

/** Puts trained models where they can be served from. Thread-safe. */
public interface ModelPublisher {

    /**
     * Stores the package, registers it, and promotes it where the target says so. Called again for the same job, after a crash at any instruction, it
     * comes to the same version.
     *
     * @param modelPackage the package's folder
     * @param metrics on held-out data
     * @throws InvalidArgument when the folder is no package, or the target is unknown
     * @throws FailedPrecondition when the store or the catalog do not take it
     * @throws Unavailable when one of them does not answer
     */
    JobState.Publication publish(
            JobId job, PublishTarget target, Path modelPackage, Map<String, Double> metrics, Deadline deadline);
}
