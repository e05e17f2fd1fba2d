package dev.weft.training.backend.local;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Min;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hibernate.validator.constraints.time.DurationMin;

/** Runs on the dispatcher's own machine. */
@ConfigMapping(prefix = "weft.training.local")
public interface LocalConfig {

    /** Holds a folder for each run. Of this machine alone, and for this installation alone. */
    @WithDefault("training-runs")
    Path folder();

    /** Runs at a time; 0 turns this backend off. */
    @WithDefault("1")
    @Min(0)
    int maxRuns();

    /** Bytes that are kept of each of a run's two output streams; what follows is swallowed. */
    @WithDefault("64M")
    MemorySize maxOutput();

    /** How long a run that is told to end may take before it is killed. */
    @WithDefault("10s")
    @DurationMin
    Duration grace();

    /** By how much runs stand back when processors are short, 0 to 19. */
    @WithDefault("5")
    @Min(0)
    int nice();

    /** Variables of the dispatcher's environment that runs see, beside PATH, LANG, LC_ALL and TZ; all others they do not. */
    Optional<List<String>> environment();

    /** Folders below which data may lie that jobs name by a URI of the scheme {@code file}; separated by commas. */
    Optional<List<Path>> dataFolders();

    /** What runs are told beside their parameters, as {@code settings} of their {@code job.json}. */
    Map<String, String> settings();
}
