package dev.weft.training.publish;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The model stores. */
@ConfigMapping(prefix = "weft.training.store")
public interface StoreConfig {

    /** Folder of the store {@code file:}; made when the first package is put. */
    @WithDefault("packages")
    Path folder();

    /** Further folders below which {@code file:} URIs may name packages. Nothing else of the disk can be read by a URI. */
    Optional<List<Path>> readableFolders();

    /** Largest package of {@code file:}. */
    @WithDefault("16G")
    MemorySize maxPackage();

    /** What stays free on the disk of {@code file:}; a package that would take of it is refused. */
    @WithDefault("1G")
    MemorySize reservedDisk();

    /** Largest package of {@code pg:}. PostgreSQL's backups and replicas carry every byte of it. */
    @WithDefault("128M")
    MemorySize maxPostgresPackage();

    /** Folder of packages fetched from stores. */
    @WithDefault("cache")
    Path cacheFolder();

    /** What they may take; those unused longest go first. */
    @WithDefault("8G")
    MemorySize maxCache();
}
