package dev.weft.store;

import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.TooLarge;
import dev.weft.kit.time.Deadline;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/**
 * A package's folder on this machine's disk, to be read.
 *
 * @param path of the folder
 */
public record PackageFolder(Path path) {

    private static final int BUFFER_BYTES = 1 << 16;

    /** Reads a file from the beginning; what it is worth is up to the caller. */
    public interface Sink {
        /** Takes the next bytes. */
        void take(byte[] bytes, int length) throws IOException;
    }

    /**
     * Computes the manifest of what lies there now.
     *
     * @param maxBytes of all files
     * @throws InvalidArgument when it is no package
     * @throws TooLarge when it is larger; found before anything is read
     */
    public Manifest manifest(long maxBytes, Deadline deadline) {
        List<Path> files = files();
        try {
            long total = 0;
            for (Path file : files) {
                total += Files.size(file);
            }
            if (total > maxBytes) {
                throw new TooLarge(
                        "package " + path.getFileName() + ": " + total + " bytes (expected: at most " + maxBytes + ")");
            }
            List<Manifest.Entry> entries = new ArrayList<>(files.size());
            for (Path file : files) {
                MessageDigest digest = Sha256.start();
                long[] bytes = {0};
                read(file, deadline, (buffer, length) -> {
                    digest.update(buffer, 0, length);
                    bytes[0] += length;
                });
                entries.add(new Manifest.Entry(relative(file), bytes[0], Sha256.end(digest)));
            }
            return new Manifest(entries);
        } catch (IOException e) {
            throw new FailedPrecondition("package " + path.getFileName() + ": cannot be read: " + e);
        }
    }

    /**
     * Copies one file and checks that it is still what the manifest says.
     *
     * @throws FailedPrecondition when it is not
     * @throws IOException when it cannot be read or written
     */
    public void copy(Manifest.Entry entry, OutputStream to, Deadline deadline) throws IOException {
        MessageDigest digest = Sha256.start();
        try {
            read(path.resolve(entry.path()), deadline, (buffer, length) -> {
                digest.update(buffer, 0, length);
                to.write(buffer, 0, length);
            });
        } catch (NoSuchFileException _) {
            throw changed(entry);
        }
        if (!Sha256.end(digest).equals(entry.sha256())) {
            throw changed(entry);
        }
    }

    private FailedPrecondition changed(Manifest.Entry entry) {
        return new FailedPrecondition("package " + path.getFileName() + ": " + entry.path()
                + " changed while it was read (expected: a folder that nobody writes)");
    }

    private static void read(Path file, Deadline deadline, Sink sink) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            for (int length; (length = in.read(buffer)) >= 0; ) {
                if (deadline.isExpired()) {
                    throw new DeadlineExceeded("reading " + file.getFileName() + ": the deadline has passed");
                }
                sink.take(buffer, length);
            }
        }
    }

    private String relative(Path file) {
        return path.relativize(file).toString().replace(file.getFileSystem().getSeparator(), "/");
    }

    private List<Path> files() {
        if (!Files.isDirectory(path)) {
            throw new InvalidArgument("package " + path.getFileName() + ": no folder");
        }
        List<Path> files = new ArrayList<>();
        try {
            // Links are not followed: they would lead out of the package, or change what it holds later.
            Files.walkFileTree(path, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    if (!attributes.isRegularFile()) {
                        throw new InvalidArgument(
                                "package " + path.getFileName() + ": " + relative(file) + " (expected: regular files)");
                    }
                    if (files.size() == Manifest.MAX_FILES) {
                        throw new InvalidArgument("package " + path.getFileName() + ": more than " + Manifest.MAX_FILES
                                + " files (expected: fewer)");
                    }
                    files.add(file);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new InvalidArgument("package " + path.getFileName() + ": cannot be read: " + e);
        }
        if (files.isEmpty()) {
            throw new InvalidArgument("package " + path.getFileName() + ": no file (expected: at least one)");
        }
        return files;
    }
}
