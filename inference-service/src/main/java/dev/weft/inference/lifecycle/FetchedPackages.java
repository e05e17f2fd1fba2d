package dev.weft.inference.lifecycle;

import dev.weft.inference.modelpackage.ModelId;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.time.Deadline;
import dev.weft.store.ModelStores;
import dev.weft.store.cache.CachedPackage;
import dev.weft.store.cache.PackageCache;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The packages that came from model stores: fetched once, verified byte by byte, and kept while they are loaded. Thread-safe. */
@Singleton
public class FetchedPackages {

    private final PackageCache cache;
    private final ModelStoreConfig config;
    private final Map<ModelId, CachedPackage> held = new ConcurrentHashMap<>();
    private final Set<ModelId> fetching = ConcurrentHashMap.newKeySet();

    FetchedPackages(ModelStoreConfig config, ModelStores stores) {
        this.config = config;
        this.cache = new PackageCache(
                config.cacheFolder(), stores, config.cacheSize().asLongValue());
    }

    /**
     * Fetches a version's package, if it is not here; nothing holds it yet.
     *
     * @throws Failure when it cannot be had, or is not what its source says
     */
    CachedPackage fetch(ModelId id, PackageSource source) {
        if (config.folders().isEmpty() && config.target().isEmpty()) {
            throw new InvalidArgument(
                    "source_uri: '" + source.uri()
                            + "' (expected: none, or a store that this replica may read; weft.inference.store.target or weft.inference.store.folders)");
        }
        fetching.add(id);
        try {
            CachedPackage fetched = cache.get(source.uri(), Deadline.after(config.fetchTimeout()));
            String digest = fetched.manifest().digest();
            if (!digest.equals(source.digest())) {
                fetched.close();
                throw new FailedPrecondition(
                        source.uri() + ": a manifest of sha256 " + digest + " (expected: " + source.digest() + ")");
            }
            return fetched;
        } finally {
            fetching.remove(id);
        }
    }

    /** True when that very package is held for the version. */
    boolean holds(ModelId id, PackageSource source) {
        CachedPackage fetched = held.get(id);
        return fetched != null && fetched.manifest().digest().equals(source.digest());
    }

    /** True when the version's files are no business of the folders. */
    boolean covers(ModelId id) {
        return held.containsKey(id) || fetching.contains(id);
    }

    /** Keeps a package for the version, and lets go of the one before. */
    void hold(ModelId id, CachedPackage fetched) {
        CachedPackage before = held.put(id, fetched);
        if (before != null) {
            before.close();
        }
    }

    /** Lets go of the version's package, if there is one. */
    void release(ModelId id) {
        CachedPackage fetched = held.remove(id);
        if (fetched != null) {
            fetched.close();
        }
    }
}
