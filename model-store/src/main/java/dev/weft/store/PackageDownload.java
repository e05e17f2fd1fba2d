package dev.weft.store;

import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.time.Deadline;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;

/**
 * One package on its way into a folder. A file is written beside its place, verified, flushed and then moved there, so that what lies at its
 * place is right; a partial one is named by its content, which tells a later download that it may go on with it.
 */
final class PackageDownload {

    private static final int BUFFER_BYTES = 1 << 16;

    private final ModelStore store;
    private final ModelUri uri;
    private final Path folder;
    private final Path partials;
    private final Deadline deadline;

    PackageDownload(ModelStore store, ModelUri uri, Path folder, Deadline deadline) {
        this.store = store;
        this.uri = uri;
        this.folder = folder;
        this.deadline = deadline;
        partials = folder.resolve(Manifest.RESERVED);
    }

    void fetch(Manifest manifest) {
        try {
            Files.createDirectories(partials);
            for (Manifest.Entry file : manifest.files()) {
                fetch(file);
            }
            DurableFiles.delete(partials);
            DurableFiles.syncFolders(folder);
        } catch (IOException e) {
            throw DurableFiles.failure("fetching " + uri, e);
        }
    }

    private void fetch(Manifest.Entry file) throws IOException {
        Path place = place(file);
        if (isThere(file, place)) {
            return;
        }
        Path partial = partials.resolve(file.sha256());
        long before = Files.exists(partial) ? Files.size(partial) : 0;
        if (before > file.bytes()) {
            Files.delete(partial);
            before = 0;
        }
        String came = append(file, partial);
        if (!came.equals(file.sha256()) && before > 0) {
            // The part that lay here may be to blame, after a crash for instance.
            Files.delete(partial);
            came = append(file, partial);
        }
        if (!came.equals(file.sha256())) {
            long bytes = Files.size(partial);
            Files.delete(partial);
            throw new FailedPrecondition(uri + ": " + file.path() + ": " + bytes + " bytes of sha256 " + came
                    + " (expected: " + file.bytes() + " bytes of " + file.sha256() + ")");
        }
        DurableFiles.sync(partial);
        Files.move(partial, place, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** The manifest's paths stay in the folder; links that lie in the folder must not lead them out. */
    private Path place(Manifest.Entry file) throws IOException {
        Path place = folder;
        String[] segments = file.path().split("/", -1);
        for (int i = 0; i < segments.length - 1; i++) {
            place = place.resolve(segments[i]);
            if (!Files.isDirectory(place, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectory(place);
            }
        }
        return place.resolve(segments[segments.length - 1]);
    }

    private boolean isThere(Manifest.Entry file, Path place) throws IOException {
        return Files.isRegularFile(place, LinkOption.NOFOLLOW_LINKS)
                && Files.size(place) == file.bytes()
                && Sha256.end(digest(place)).equals(file.sha256());
    }

    private MessageDigest digest(Path file) throws IOException {
        MessageDigest digest = Sha256.start();
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = Files.newInputStream(file)) {
            for (int length; (length = in.read(buffer)) >= 0; ) {
                requireTime();
                digest.update(buffer, 0, length);
            }
        }
        return digest;
    }

    /** Fetches what is missing; one byte more than expected is enough to know that it is another file. */
    private String append(Manifest.Entry file, Path partial) throws IOException {
        MessageDigest digest = Files.exists(partial) ? digest(partial) : Sha256.start();
        long offset = Files.exists(partial) ? Files.size(partial) : 0;
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = store.open(uri, file, offset, deadline);
                OutputStream out =
                        Files.newOutputStream(partial, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            for (int length; offset <= file.bytes() && (length = in.read(buffer)) >= 0; offset += length) {
                requireTime();
                digest.update(buffer, 0, length);
                out.write(buffer, 0, length);
            }
        }
        return Sha256.end(digest);
    }

    private void requireTime() {
        if (deadline.isExpired()) {
            throw new DeadlineExceeded("fetching " + uri + ": the deadline has passed");
        }
    }
}
