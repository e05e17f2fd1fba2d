package dev.weft.store.file;

import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.time.Deadline;
import dev.weft.store.DurableFiles;
import dev.weft.store.Manifest;
import dev.weft.store.ModelStore;
import dev.weft.store.ModelUri;
import dev.weft.store.PackageFolder;
import dev.weft.store.Published;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A folder with a folder per version: {@code <root>/<name>/<digest>/package/…} and, beside it, {@code manifest}. What is being written lies
 * in {@code <root>/.incoming} and becomes a version by one rename.
 *
 * <p>Reads plain packages too, such as models that somebody unpacked: {@code file:/srv/models/bert}, without a version.
 */
public final class FileModelStore implements ModelStore {

    private static final String SCHEME = "file";
    private static final String INCOMING = ".incoming";
    private static final String MANIFEST = "manifest";
    private static final String PACKAGE = "package";

    /** A manifest of the most files with the longest paths is below. */
    private static final long MAX_MANIFEST_BYTES = 8 << 20;

    /** After which nobody is still writing what lies in {@code .incoming}. */
    private static final Duration ABANDONED = Duration.ofDays(1);

    private final Path root;
    private final List<Path> readable;
    private final Limits limits;

    /**
     * What the store takes.
     *
     * @param maxPackageBytes of one package
     * @param reservedBytes of the disk that are left free
     */
    public record Limits(long maxPackageBytes, long reservedBytes) {}

    /**
     * A store in that folder.
     *
     * @param root where packages are put; made when the first one is
     * @param readable other folders below which packages may lie; nothing else of the disk can be read by naming it
     */
    public FileModelStore(Path root, List<Path> readable, Limits limits) {
        this.root = root.toAbsolutePath().normalize();
        this.readable = Stream.concat(Stream.of(root), readable.stream())
                .map(path -> path.toAbsolutePath().normalize())
                .toList();
        this.limits = limits;
    }

    @Override
    public String scheme() {
        return SCHEME;
    }

    @Override
    public Published put(String name, Path folder, Deadline deadline) {
        ModelUri.requireName(name);
        PackageFolder source = new PackageFolder(folder);
        Manifest manifest = source.manifest(limits.maxPackageBytes(), deadline);
        String digest = manifest.digest();
        Path version = root.resolve(name).resolve(digest);
        Published published =
                new Published(new ModelUri(SCHEME, root.resolve(name).toString(), Optional.of(digest)), manifest);
        if (Files.isDirectory(version)) {
            return published;
        }
        Path incoming = root.resolve(INCOMING).resolve(UUID.randomUUID().toString());
        try {
            Files.createDirectories(incoming);
            forgetAbandoned();
            long free = Files.getFileStore(incoming).getUsableSpace() - limits.reservedBytes();
            if (manifest.totalBytes() > free) {
                throw DurableFiles.noRoom("model store " + root, manifest.totalBytes(), free);
            }
            write(source, manifest, incoming, deadline);
            publish(incoming, root.resolve(name), digest);
            return published;
        } catch (IOException e) {
            throw DurableFiles.failure("model store " + root, e);
        } finally {
            deleteQuietly(incoming);
        }
    }

    private static void write(PackageFolder source, Manifest manifest, Path incoming, Deadline deadline)
            throws IOException {
        for (Manifest.Entry file : manifest.files()) {
            Path copy = incoming.resolve(PACKAGE).resolve(file.path());
            Files.createDirectories(copy.getParent());
            try (OutputStream out = Files.newOutputStream(copy, StandardOpenOption.CREATE_NEW)) {
                source.copy(file, out, deadline);
            }
            DurableFiles.sync(copy);
        }
        Path text = incoming.resolve(MANIFEST);
        Files.writeString(text, manifest.text(), StandardOpenOption.CREATE_NEW);
        DurableFiles.sync(text);
        DurableFiles.syncFolders(incoming);
    }

    private void publish(Path incoming, Path versions, String digest) throws IOException {
        Files.createDirectories(versions);
        try {
            Files.move(incoming, versions.resolve(digest), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            // A folder that is not empty is never replaced: somebody else has published the same content.
            if (!Files.isDirectory(versions.resolve(digest))) {
                throw e;
            }
        }
        DurableFiles.sync(versions);
        DurableFiles.sync(root);
    }

    /** What processes left behind that died while they wrote. */
    private void forgetAbandoned() throws IOException {
        FileTime oldest = FileTime.from(Instant.now().minus(ABANDONED));
        try (Stream<Path> folders = Files.list(root.resolve(INCOMING))) {
            for (Path folder : folders.toList()) {
                if (Files.getLastModifiedTime(folder).compareTo(oldest) < 0) {
                    deleteQuietly(folder);
                }
            }
        }
    }

    private static void deleteQuietly(Path folder) {
        try {
            DurableFiles.delete(folder);
        } catch (IOException _) {
            // It is in nobody's way, and is forgotten with the abandoned ones.
        }
    }

    @Override
    public Manifest manifest(ModelUri uri, Deadline deadline) {
        Path location = location(uri);
        if (uri.version().isEmpty()) {
            return new PackageFolder(location).manifest(limits.maxPackageBytes(), deadline);
        }
        String version = uri.version().get();
        try {
            Path file = location.resolve(version).resolve(MANIFEST);
            if (Files.size(file) > MAX_MANIFEST_BYTES) {
                throw new FailedPrecondition(uri + ": manifest: " + Files.size(file) + " bytes (expected: at most "
                        + MAX_MANIFEST_BYTES + ")");
            }
            String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
            return Manifest.ofVersion(uri, text);
        } catch (NoSuchFileException _) {
            throw new NotFound(uri + ": no such version");
        } catch (IOException e) {
            throw DurableFiles.failure(uri.toString(), e);
        }
    }

    @Override
    public InputStream open(ModelUri uri, Manifest.Entry file, long offset, Deadline deadline) throws IOException {
        Path location = location(uri);
        Path folder = uri.version().isEmpty()
                ? location
                : location.resolve(uri.version().get()).resolve(PACKAGE);
        try {
            SeekableByteChannel channel = Files.newByteChannel(
                    folder.resolve(file.path()), StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
            channel.position(offset);
            return Channels.newInputStream(channel);
        } catch (NoSuchFileException _) {
            throw new NotFound(uri + ": " + file.path() + ": no such file");
        }
    }

    /** The folder that the URI names, if it is one that may be read, links followed. */
    private Path location(ModelUri uri) {
        Path named = Path.of(uri.path()).normalize();
        if (!named.isAbsolute() || readable.stream().noneMatch(named::startsWith)) {
            throw forbidden(uri);
        }
        Path real;
        try {
            real = named.toRealPath();
        } catch (IOException _) {
            throw new NotFound(uri + ": no such folder");
        }
        if (readable.stream().noneMatch(folder -> isBelow(real, folder))) {
            throw forbidden(uri);
        }
        return real;
    }

    private static boolean isBelow(Path real, Path folder) {
        try {
            return real.startsWith(folder.toRealPath());
        } catch (IOException _) {
            return false; // a folder that is not there has nothing below it
        }
    }

    private InvalidArgument forbidden(ModelUri uri) {
        return new InvalidArgument(uri + ": (expected: a folder below one of " + readable + ")");
    }
}
