package dev.weft.inference.lifecycle;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;

/** How models are found and computed. */
@ConfigMapping(prefix = "weft.inference")
public interface EngineConfig {

    /** Folders that hold model packages, as {@code NAME/} or {@code NAME/VERSION/}; the first that has a name wins. */
    List<Path> modelFolders();

    /** How many runs of one model may compute at a time. */
    @WithDefault("1")
    @Min(1)
    @Max(64)
    int sessions();

    /** Threads that one run may use; by default all cores that this process may use, divided among the sessions. */
    @Min(1)
    @Max(256)
    OptionalInt threads();

    /** How many runs may wait for a session of one model; one more is refused. */
    @WithDefault("256")
    @Min(1)
    @Max(1_000_000)
    int queueCapacity();

    /** Tokens, padding counted, that one run of a text model may take; longer requests are computed in several runs. */
    @WithDefault("4096")
    @Min(1)
    int runTokens();

    /** How long a request without a deadline may take. */
    @WithDefault("60s")
    Duration defaultTimeout();

    /** How long unloading waits for requests in flight. */
    @WithDefault("30s")
    Duration unloadTimeout();
}
