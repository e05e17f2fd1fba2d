package dev.weft.inference.lifecycle;

import dev.weft.inference.device.DeviceMode;
import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** How models are found, kept and computed. What a package's {@code weft.json} says about itself goes before it. */
@ConfigMapping(prefix = "weft.inference")
public interface EngineConfig {

    /** Folders that hold model packages, as {@code NAME/} or {@code NAME/VERSION/}; the first that has a name wins. */
    List<Path> modelFolders();

    /** The folder of ONNX Runtime's and the tokenizers' native libraries; see {@code docs/native.md} for where they are without it. */
    Optional<Path> nativeLibraries();

    /**
     * How often the folders are looked at for packages that came, changed or went; 0 looks at start only. A package is loaded when its
     * files have not changed between two looks, so that one that is still being copied is left alone.
     */
    @WithDefault("2s")
    Duration watchInterval();

    /**
     * {@code all} loads every model of the folders at start; {@code none} loads a model when somebody says so, as the gateway does when a
     * request needs it: for more models than one replica can hold.
     */
    @WithDefault("all")
    LoadAtStart loadAtStart();

    /** {@code cpu}; {@code cuda}, which does not start without a GPU that works; or {@code auto}, which takes what works. */
    @WithDefault("auto")
    DeviceMode device();

    /** Which GPU, by CUDA's number. */
    @WithDefault("0")
    @Min(0)
    int cudaDevice();

    /** How many runs of one model may compute at a time; by default one for each core that this process may use, 2 on a GPU. */
    @Min(1)
    @Max(1024)
    OptionalInt sessions();

    /** Threads that one run may use. More of them make large models answer sooner, at the cost of requests per second. */
    @WithDefault("1")
    @Min(1)
    @Max(256)
    int threads();

    /** Rows of one run; by default 32 on a CPU, 256 on a GPU. */
    @Min(1)
    OptionalInt batchRows();

    /**
     * Tokens, padding counted, of one run; by default 512 on a CPU, 32768 on a GPU. Models with dynamically quantised weights compute
     * every row in a run of its own, since its neighbours would change its result.
     */
    @Min(1)
    OptionalInt batchTokens();

    /**
     * How long an interactive row may have to wait for a session, judged when it comes from what waits and how fast that has gone lately;
     * a row that would wait longer is refused. Rows of priority batch wait as long as their deadline allows.
     */
    @WithDefault("200ms")
    Duration queueWait();

    /** How many rows may wait for a session of one model; more are refused. */
    @WithDefault("4096")
    @Min(1)
    @Max(1_000_000)
    int queueRows();

    /** How many bytes the requests of one model that wait or are computed may have together; more are refused. */
    @WithDefault("256M")
    MemorySize queueBytes();

    /**
     * How much memory the loaded models may take, their files' sizes added up; by default 70 % of what this process may use. To make
     * room the model that nobody has asked for longest is unloaded.
     */
    Optional<MemorySize> memoryBudget();

    /** Memory of each text model for answers to texts that come again; 0 keeps none. */
    @WithDefault("0")
    MemorySize cacheSize();

    /**
     * Graph optimizers of ONNX Runtime that are left out on a CPU. Its fused layer normalisation (1.29) is slower than its parts, see
     * {@code docs/decisions/0003}; an empty value takes ONNX Runtime as it comes.
     */
    @WithDefault("LayerNormFusionL2")
    Optional<List<String>> disabledOptimizers();

    /** How long a request without a deadline may take. */
    @WithDefault("60s")
    Duration defaultTimeout();

    /** How long unloading waits for requests in flight. */
    @WithDefault("30s")
    Duration unloadTimeout();

    /** At the end of the process: how long it goes on serving after it has said that it is not ready, so that its callers notice. */
    @WithDefault("0s")
    Duration drainDelay();

    /** At the end of the process: how long requests in flight have to finish. */
    @WithDefault("20s")
    Duration drainTimeout();
}
