package dev.weft.training.backend;

import dev.weft.training.job.DataSource;
import dev.weft.training.job.ResourceRequest;
import dev.weft.training.job.RunKey;
import dev.weft.training.runtime.TrainingRuntime;
import java.time.Duration;
import java.util.Optional;

/**
 * A run that is to be begun.
 *
 * @param parameters a JSON object, complete
 * @param content of {@link DataSource.Stored}; owned by this record
 * @param resources complete: what the job does not say, the runtime does
 * @param timeLeft until the run must have ended
 */
public record RunRequest(
        RunKey key,
        TrainingRuntime runtime,
        String parameters,
        DataSource data,
        Optional<byte[]> content,
        ResourceRequest resources,
        Duration timeLeft) {}
