package dev.weft.store.cache;

import dev.weft.store.Manifest;
import java.nio.file.Path;

/** A package that stays on this disk until it is closed. Its files are not to be written. */
public final class CachedPackage implements AutoCloseable {

    private final Path folder;
    private final Manifest manifest;
    private final PackageLocks.Held lock;

    CachedPackage(Path folder, Manifest manifest, PackageLocks.Held lock) {
        this.folder = folder;
        this.manifest = manifest;
        this.lock = lock;
    }

    /** Where its files lie. */
    public Path folder() {
        return folder;
    }

    /** What it consists of. */
    public Manifest manifest() {
        return manifest;
    }

    /** Lets the cache remove it. */
    @Override
    public void close() {
        lock.close();
    }
}
