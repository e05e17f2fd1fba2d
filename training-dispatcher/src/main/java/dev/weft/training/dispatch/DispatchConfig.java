package dev.weft.training.dispatch;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Min;
import java.nio.file.Path;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;

/** How dispatchers look after jobs. */
@ConfigMapping(prefix = "weft.training.dispatch")
public interface DispatchConfig {

    /** Whether this process looks after jobs, or only answers calls. */
    @WithDefault("true")
    boolean enabled();

    /** How often each run is looked at. */
    @WithDefault("1s")
    @DurationMin(millis = 10)
    Duration interval();

    /** How often this process looks for jobs when it hears of no change. */
    @WithDefault("500ms")
    @DurationMin(millis = 10)
    Duration pollInterval();

    /** Jobs that are looked after at a time. */
    @WithDefault("8")
    @Min(1)
    int parallelism();

    /** How long one step may wait for a backend. */
    @WithDefault("20s")
    @DurationMin(millis = 100)
    Duration stepTimeout();

    /** How long publishing may take at a time. */
    @WithDefault("5m")
    @DurationMin(millis = 100)
    Duration publishTimeout();

    /** For how long publishing is tried again when the store or the catalog do not answer. */
    @WithDefault("1h")
    @DurationMin
    Duration publishPatience();

    /** The pause before a job's second attempt, and before a step that failed is tried again; each further one is twice as long. */
    @WithDefault("2s")
    @DurationMin(millis = 1)
    Duration firstBackoff();

    /** The longest such pause. */
    @WithDefault("5m")
    @DurationMin(millis = 1)
    Duration longestBackoff();

    /** Steps in a row that may fail for another reason than that somebody does not answer, or that kill the dispatcher; then the job fails. */
    @WithDefault("20")
    @Min(1)
    int maxStepFailures();

    /** How many of a job's runs may be given back without counting as attempts; each is followed by a pause as an attempt that failed is. */
    @WithDefault("20")
    @Min(0)
    int maxGivenBack();

    /** How often this process tells that its site is there, and looks for what is left of ended runs. */
    @WithDefault("30s")
    @DurationMin(millis = 100)
    Duration sweepInterval();

    /** After what time without a dispatcher on a site its runs count as lost. */
    @WithDefault("5m")
    @DurationMin(seconds = 1)
    Duration siteTimeout();

    /** How long folders and Kubernetes Jobs of ended runs are kept. */
    @WithDefault("24h")
    @DurationMin
    Duration keepRuns();

    /** How long ended jobs are kept, with their events, logs and metrics; at least as long as what is left of their runs. */
    @WithDefault("90d")
    @DurationMin
    Duration keepJobs();

    /** Where results are put together before they are published. */
    @WithDefault("training-scratch")
    Path scratchFolder();
}
