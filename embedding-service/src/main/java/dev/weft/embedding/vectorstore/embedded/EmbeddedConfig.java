package dev.weft.embedding.vectorstore.embedded;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.hibernate.validator.constraints.time.DurationMin;

/** The indexes in memory of the store {@code embedded}. */
@ConfigMapping(prefix = "weft.embedding.embedded")
public interface EmbeddedConfig {

    /** Folder of the snapshots from which indexes start fast; without one they are built from the database at every start. */
    Optional<Path> snapshots();

    /** Whether indexes are loaded when the process starts, rather than when first asked for. */
    @WithDefault("true")
    boolean loadAtStart();

    /** How long loading an index may take. */
    @WithDefault("10m")
    @DurationMin(millis = 1)
    Duration loadTimeout();

    /** Memory for all indexes; the one that was not asked for the longest goes when another needs room. By default 60 % of the heap. */
    Optional<MemorySize> memory();

    /** Points of a collection from which on they are found by a graph; fewer are compared one by one, which is exact. */
    @WithDefault("5000")
    @Min(0)
    int graphFrom();

    /** Neighbours of a point in the graph: more of them find more, take more memory and longer to build. */
    @WithDefault("16")
    @Min(4)
    @Max(128)
    int neighbours();

    /** Candidates that are looked at when a point is put into the graph. */
    @WithDefault("100")
    @Min(8)
    @Max(2000)
    int buildWidth();

    /** Candidates that a search keeps, {@code top_k} at least: more of them find more, and take longer. */
    @WithDefault("128")
    @Min(8)
    @Max(10000)
    int searchWidth();

    /** Threads that build graphs, beside requests. By default the cores that the process may use. */
    OptionalInt buildThreads();
}
