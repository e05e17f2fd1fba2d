package dev.weft.training.backend.worker;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;

/** Runs on machines that pull work. */
@ConfigMapping(prefix = "weft.training.worker")
public interface WorkerConfig {

    /** Runs that may be offered or under way at a time; 0 turns this backend off. */
    @WithDefault("100")
    @Min(0)
    int maxRuns();

    /** After what time without a call a worker's run counts as lost. */
    @WithDefault("60s")
    @DurationMin(millis = 100)
    Duration leaseTerm();

    /** How long a worker may go on that has been told to stop. */
    @WithDefault("60s")
    @DurationMin
    Duration grace();

    /** The files of one run's result together. */
    @WithDefault("512M")
    MemorySize maxArtefact();
}
