package dev.weft.inference.lifecycle;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Where packages are fetched from that the gateway names, and where they are kept meanwhile. */
@ConfigMapping(prefix = "weft.inference.store")
public interface ModelStoreConfig {

    /** Folders below which packages of the scheme {@code file:} may lie; nothing else of the disk can be read. */
    Optional<List<Path>> folders();

    /** gRPC target of training-dispatcher, which hands out what lies in its stores; {@code file:} too, where there are no folders. */
    Optional<String> target();

    /** Where fetched packages are kept, so that they are fetched once. */
    @WithDefault("model-cache")
    Path cacheFolder();

    /** How much of the disk they may take; those that are loaded stay, even when they are more. */
    @WithDefault("20G")
    MemorySize cacheSize();

    /** How long fetching one package may take. */
    @WithDefault("10m")
    Duration fetchTimeout();
}
