package dev.weft.inference.lifecycle;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.util.OptionalInt;

/** What one text generation model may use. */
@ConfigMapping(prefix = "weft.inference.generation")
public interface GenerationConfig {

    /** How many sequences of one model are computed at a time. */
    @WithDefault("8")
    @Min(1)
    @Max(1024)
    int sequences();

    /**
     * Positions that the KV caches of one model may have together, padding counted. A sequence takes its prompt and its token limit, and
     * as many as the longest that it is computed with. While a step computes, what it reads and what it writes are both in memory.
     */
    @WithDefault("16384")
    @Min(16)
    int cacheTokens();

    /** How many sequences of one model may wait; one more is refused. */
    @WithDefault("64")
    @Min(1)
    @Max(100_000)
    int queueCapacity();

    /** Tokens of new prompts that are read between two steps of the sequences that are being answered. */
    @WithDefault("256")
    @Min(1)
    int prefillTokens();

    /** Length of an answer when neither the request nor the package's generation_config.json say. */
    @WithDefault("512")
    @Min(1)
    int maxTokens();

    /** Threads that one step may use; by default one for each core that this process may use. */
    OptionalInt threads();
}
