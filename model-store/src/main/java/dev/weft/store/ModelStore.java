package dev.weft.store;

import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.error.Failure.TooLarge;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Deadline;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/**
 * Where model packages lie. A version never changes once it can be seen, and it can be seen only as a whole. Thread-safe; several
 * processes may use one store at once.
 *
 * <p>Every method throws {@link DeadlineExceeded} when its deadline passes first, and {@link Unavailable} when the store does not answer.
 */
public interface ModelStore {

    /** Of its URIs. */
    String scheme();

    /**
     * Publishes the folder's content under that name. The same content gives the same URI, however often and by whomever it is put.
     *
     * @param name as {@link ModelUri#requireName} wants it
     * @param folder of regular files and folders; read, never written
     * @throws InvalidArgument when the folder is no package: it is empty, holds a link or something else that is no regular file
     * @throws TooLarge when the package is larger than the store takes
     * @throws ResourceExhausted when there is no room
     * @throws FailedPrecondition when a file changes while it is read
     */
    Published put(String name, Path folder, Deadline deadline);

    /**
     * What the package consists of.
     *
     * @throws NotFound when there is no such package
     * @throws FailedPrecondition when what lies there is not what its version says, or names paths outside the package
     */
    Manifest manifest(ModelUri uri, Deadline deadline);

    /**
     * One file's bytes from an offset on, unverified: use {@link #fetchInto}, or verify them.
     *
     * @param offset at most the file's size
     * @return to be closed by the caller
     * @throws IOException from the stream too, when reading fails in the middle
     * @throws NotFound when the file is not there
     */
    InputStream open(ModelUri uri, Manifest.Entry file, long offset, Deadline deadline) throws IOException;

    /**
     * Fetches the whole package and verifies every byte. What an earlier call that failed has fetched is used again; files in the folder
     * that the package does not have are left. Not for two callers on one folder at once, see {@code store.cache}.
     *
     * @param folder made if it is not there
     * @return the manifest of what lies there now
     * @throws FailedPrecondition when bytes came that are not the package's, which are then deleted
     * @throws ResourceExhausted when the disk is full
     * @throws Failure as {@link #manifest} and {@link #open}
     */
    default Manifest fetchInto(ModelUri uri, Path folder, Deadline deadline) {
        Manifest manifest = manifest(uri, deadline);
        new PackageDownload(this, uri, folder, deadline).fetch(manifest);
        return manifest;
    }
}
