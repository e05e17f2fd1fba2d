package dev.weft.inference.lifecycle;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** How models are found and computed. */
@ConfigMapping(prefix = "weft.inference")
public interface EngineConfig {

    /** Folders that hold model packages, as {@code NAME/} or {@code NAME/VERSION/}; the first that has a name wins. */
    List<Path> modelFolders();

    /** The folder of ONNX Runtime's and the tokenizers' native libraries; see {@code docs/native.md} for where they are without it. */
    Optional<Path> nativeLibraries();

    /** How many runs of one model may compute at a time; by default one for each core that this process may use. */
    OptionalInt sessions();

    /** Threads that one run may use. More of them make large models answer sooner, at the cost of requests per second. */
    @WithDefault("1")
    @Min(1)
    @Max(256)
    int threads();

    /** How many runs may wait for a session of one model; one more is refused. */
    @WithDefault("256")
    @Min(1)
    @Max(1_000_000)
    int queueCapacity();

    /**
     * Tokens, padding counted, that one run of a text model may take; longer requests are computed in several runs. Models with
     * dynamically quantised weights compute every text in a run of its own, since its neighbours would change its result.
     */
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
