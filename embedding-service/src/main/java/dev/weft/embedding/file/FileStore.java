package dev.weft.embedding.file;

import dev.weft.kit.error.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.util.UUID;

/** Where bytes lie: blobs, each written once by one writer, and read by every replica when it is complete. Thread-safe; all calls block. */
public interface FileStore {

    /** What the configuration calls it. */
    String name();

    /** Begins a new blob. */
    BlobWriter create(UUID blob);

    /**
     * A complete blob's bytes from the offset on; the caller closes it. What the store cannot give while it is read is an {@link IOException}.
     *
     * @throws Failure.Internal when there is no such blob
     * @throws Failure.Unavailable when the store does not answer
     */
    InputStream open(UUID blob, long offset);

    /** Removes a blob; no effect when there is none. */
    void delete(UUID blob);

    /** Writes one blob. Belongs to one thread. Closed without being finished it leaves nothing behind that could be taken for a blob. */
    interface BlobWriter extends AutoCloseable {

        /** Adds bytes; they are the caller's again when it returns. */
        void write(byte[] bytes, int offset, int length);

        /** Returns when all bytes are on disk. */
        void finish();

        @Override
        void close();
    }
}
