package dev.weft.training.job;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;

/** What jobs get that say nothing, and how many and how much of them is kept. */
@ConfigMapping(prefix = "weft.training.jobs")
public interface JobsConfig {

    /** Where jobs run that name no backend. */
    @WithDefault("local")
    @Pattern(regexp = "[a-z][a-z0-9-]{0,62}")
    String defaultBackend();

    /** From submission to the end of training, for jobs that do not say. */
    @WithDefault("24h")
    @DurationMin(seconds = 1)
    Duration defaultDeadline();

    /** How often a job is begun at most that does not say. */
    @WithDefault("3")
    @Min(1)
    @Max(100)
    int defaultAttempts();

    /** Jobs that may be there that have not ended; more are refused. */
    @WithDefault("10000")
    @Min(1)
    int maxOpen();

    /** Bytes of data that may come with a job; more are refused. */
    @WithDefault("8388608")
    @Min(1)
    @Max(12582912)
    int maxDataBytes();

    /** Log lines that are kept of one job. */
    @WithDefault("100000")
    @Min(0)
    int maxLogLines();

    /** Figures that are kept of one job. */
    @WithDefault("100000")
    @Min(0)
    int maxMetrics();

    /** Characters that are kept of a log line. */
    @WithDefault("4096")
    @Min(1)
    int maxLineLength();

    /** After what time the jobs of a dispatcher that has died are another's. */
    @WithDefault("15s")
    @DurationMin(millis = 300)
    Duration leaseTerm();

    /** What is kept of what runs tell. */
    default OutputLimits outputLimits() {
        return new OutputLimits(maxLogLines(), maxMetrics(), maxLineLength());
    }
}
