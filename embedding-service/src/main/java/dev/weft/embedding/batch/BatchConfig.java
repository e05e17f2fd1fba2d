package dev.weft.embedding.batch;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;

/** How batches are worked on, and how large they may be. */
@ConfigMapping(prefix = "weft.embedding.batch")
public interface BatchConfig {

    /** Chunks that one replica works on at a time; 0 leaves the work to other replicas. */
    @WithDefault("2")
    @Min(0)
    @Max(64)
    int workers();

    /** Requests that one replica has on their way to inference-service at a time. */
    @WithDefault("4")
    @Min(1)
    @Max(256)
    int requests();

    /** Texts of one request, at most. */
    @WithDefault("256")
    @Min(1)
    @Max(8192)
    int requestRows();

    /** How long one request may take. */
    @WithDefault("60s")
    @DurationMin(millis = 100)
    Duration requestTimeout();

    /** How long a chunk is tried again while inference-service is away or has no room, before it is given back for others to try. */
    @WithDefault("5M")
    @DurationMin(millis = 100)
    Duration retryLimit();

    /** The longest pause between two tries. */
    @WithDefault("5s")
    @DurationMin(millis = 10)
    Duration retryPause();

    /** Texts of one chunk, at most, unless a single row has more: what is lost when a replica dies, and has to be computed again. */
    @WithDefault("1024")
    @Min(1)
    @Max(100_000)
    int chunkRows();

    /** Bytes of one chunk's lines, at most, unless a single line is longer. */
    @WithDefault("4M")
    MemorySize chunkSize();

    /** How long a line may be; a longer one is a row that fails. */
    @WithDefault("4M")
    MemorySize maxLine();

    /** Rows of one batch, at most. */
    @WithDefault("1000000")
    @Min(1)
    long maxRows();

    /** Batches that have not ended, at most; more are refused. */
    @WithDefault("1000")
    @Min(1)
    int maxOpen();

    /** The longest window that a client may give a batch. */
    @WithDefault("7D")
    @DurationMin(seconds = 1)
    Duration maxWindow();

    /** How long a replica that has died keeps others from its chunks. */
    @WithDefault("30s")
    @DurationMin(millis = 300)
    Duration lease();

    /** How often a replica that has nothing to do looks for work. */
    @WithDefault("500ms")
    @DurationMin(millis = 10)
    Duration pollInterval();

    /** Calls of WatchBatch at a time, at most. */
    @WithDefault("256")
    @Min(1)
    int maxWatchers();
}
