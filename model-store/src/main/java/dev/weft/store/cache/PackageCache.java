package dev.weft.store.cache;

import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.TooLarge;
import dev.weft.kit.time.Deadline;
import dev.weft.store.DurableFiles;
import dev.weft.store.Manifest;
import dev.weft.store.ModelStore;
import dev.weft.store.ModelStores;
import dev.weft.store.ModelUri;
import dev.weft.store.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Packages of any store, on this disk, by the digest of their manifest: the same content is kept once, whatever it is called.
 *
 * <pre>
 * packages/&lt;digest&gt;/package/…  what may be used: complete, verified; appears and goes by one rename
 * packages/&lt;digest&gt;/manifest   what it consists of; its time tells when it was last used
 * incoming/&lt;digest&gt;/…          what is being fetched; a later attempt goes on with it
 * locks/&lt;digest&gt;                shared by those who use it, held alone by who fetches or evicts it
 * </pre>
 *
 * <p>Thread-safe, and safe among processes that share the folder, as the locks are the system's and go with a process that dies.
 */
public final class PackageCache {

    private static final String MANIFEST = "manifest";
    private static final String PACKAGE = "package";

    private final Path packages;
    private final Path incoming;
    private final PackageLocks locks;
    private final ModelStores stores;
    private final long maxBytes;

    /**
     * A cache in that folder.
     *
     * @param maxBytes of all packages; those in use stay, even when they are more
     */
    public PackageCache(Path folder, ModelStores stores, long maxBytes) {
        packages = folder.resolve("packages");
        incoming = folder.resolve("incoming");
        locks = new PackageLocks(folder.resolve("locks"));
        this.stores = stores;
        this.maxBytes = maxBytes;
    }

    /**
     * The package, fetched if it is not here. It stays until it is closed.
     *
     * @throws TooLarge when it alone is more than the cache may hold
     * @throws DeadlineExceeded when the deadline passes first, somebody else's fetching of it included
     */
    public CachedPackage get(ModelUri uri, Deadline deadline) {
        ModelStore store = stores.of(uri);
        // A version is named after its manifest, and one that is here needs no store; a plain folder is known by what
        // it holds now.
        Optional<String> named = uri.version().filter(version -> Files.isRegularFile(manifestOf(version)));
        String digest = named.orElseGet(() -> store.manifest(uri, deadline).digest());
        while (true) {
            try {
                Optional<CachedPackage> here = here(digest, locks.share(digest, deadline));
                if (here.isPresent()) {
                    return here.get();
                }
                try (PackageLocks.Held _ = locks.own(digest, deadline)) {
                    if (complete(digest).isEmpty()) {
                        fetch(store, uri, digest, deadline);
                    }
                }
                // Between the two locks somebody may evict it: then it is fetched again, until the deadline.
            } catch (IOException e) {
                throw DurableFiles.failure("package cache", e);
            }
        }
    }

    private Path manifestOf(String digest) {
        return packages.resolve(digest).resolve(MANIFEST);
    }

    /** The package, if it is complete; the lock is the package's then, and given back otherwise. */
    private Optional<CachedPackage> here(String digest, PackageLocks.Held shared) throws IOException {
        boolean kept = false;
        try {
            Optional<Manifest> manifest = complete(digest);
            if (manifest.isEmpty()) {
                return Optional.empty();
            }
            touch(digest);
            kept = true;
            return Optional.of(new CachedPackage(packages.resolve(digest).resolve(PACKAGE), manifest.get(), shared));
        } finally {
            if (!kept) {
                shared.close();
            }
        }
    }

    /** Sizes are looked at as well: a disk that lost writes, or a person, may have cut a file. */
    private Optional<Manifest> complete(String digest) throws IOException {
        Path folder = packages.resolve(digest);
        if (!Files.isRegularFile(folder.resolve(MANIFEST))) {
            return Optional.empty();
        }
        String text = Files.readString(folder.resolve(MANIFEST));
        if (!Sha256.of(text.getBytes(StandardCharsets.UTF_8)).equals(digest)) {
            return Optional.empty();
        }
        Manifest manifest = Manifest.parse(text);
        for (Manifest.Entry file : manifest.files()) {
            Path path = folder.resolve(PACKAGE).resolve(file.path());
            if (!Files.isRegularFile(path) || Files.size(path) != file.bytes()) {
                return Optional.empty();
            }
        }
        return Optional.of(manifest);
    }

    private void touch(String digest) throws IOException {
        Files.setLastModifiedTime(manifestOf(digest), FileTime.from(Instant.now()));
    }

    private void fetch(ModelStore store, ModelUri uri, String digest, Deadline deadline) throws IOException {
        Manifest manifest = store.manifest(uri, deadline);
        if (manifest.totalBytes() > maxBytes) {
            throw new TooLarge(uri + ": " + manifest.totalBytes() + " bytes (expected: at most " + maxBytes
                    + ", which the cache may hold)");
        }
        Files.createDirectories(packages);
        evict(maxBytes - manifest.totalBytes());
        long free = Files.getFileStore(packages).getUsableSpace();
        if (manifest.totalBytes() > free) {
            throw DurableFiles.noRoom("package cache", manifest.totalBytes(), free);
        }
        Path folder = incoming.resolve(digest);
        Files.createDirectories(folder);
        Manifest came = store.fetchInto(uri, folder.resolve(PACKAGE), deadline);
        Path text = folder.resolve(MANIFEST);
        Files.writeString(text, came.text());
        DurableFiles.sync(text);
        DurableFiles.sync(folder);
        Path place = packages.resolve(digest);
        remove(place); // what is not complete
        Files.move(folder, place, StandardCopyOption.ATOMIC_MOVE);
        DurableFiles.sync(packages);
    }

    /** Removes packages that nobody uses, those first that were used longest ago, until the rest is no more than that. */
    private void evict(long leave) throws IOException {
        record Kept(Path folder, FileTime used, long bytes) {}
        List<Kept> kept = new ArrayList<>();
        long total = 0;
        try (Stream<Path> folders = Files.list(packages)) {
            for (Path folder : folders.toList()) {
                try {
                    Manifest manifest = Manifest.parse(Files.readString(folder.resolve(MANIFEST)));
                    FileTime used = Files.getLastModifiedTime(folder.resolve(MANIFEST));
                    kept.add(new Kept(folder, used, manifest.totalBytes()));
                    total += manifest.totalBytes();
                } catch (IOException | InvalidArgument _) {
                    // Another process evicts it at this moment, or it is not complete and will be fetched anew.
                }
            }
        }
        kept.sort(Comparator.comparing(Kept::used));
        for (Kept candidate : kept) {
            if (total <= leave) {
                return;
            }
            Optional<PackageLocks.Held> owned =
                    locks.tryOwn(candidate.folder().getFileName().toString());
            if (owned.isPresent()) {
                try (PackageLocks.Held _ = owned.get()) {
                    remove(candidate.folder());
                    total -= candidate.bytes();
                }
            }
        }
    }

    private void remove(Path folder) throws IOException {
        if (Files.exists(folder)) {
            Files.createDirectories(incoming);
            Path gone = incoming.resolve("evicted-" + UUID.randomUUID());
            Files.move(folder, gone, StandardCopyOption.ATOMIC_MOVE);
            DurableFiles.delete(gone);
        }
    }
}
