package dev.weft.gateway.batches;

import dev.weft.gateway.http.RestCall;
import dev.weft.kit.error.Failure;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Files that clients upload and batches make, wherever they lie. Callers see their own, administrators all. Thread-safe; blocks, and throws
 * {@link Failure.Unavailable} when nobody answers.
 */
public interface BatchFiles {

    /** The purpose of batches' inputs. */
    String BATCH = "batch";

    /** The purpose of what batches make. */
    String BATCH_OUTPUT = "batch_output";

    /** The purpose of training jobs' data. */
    String FINE_TUNE = "fine-tune";

    /**
     * Begins an upload, which the caller closes.
     *
     * @param purpose as OpenAI calls it: {@value #BATCH} or {@value #FINE_TUNE}
     */
    Upload upload(String name, String purpose, @Nullable Duration expiry, RestCall call);

    /** @throws Failure.NotFound when there is no such file */
    FileInfo get(String id, RestCall call);

    /**
     * Files in the order of their creation.
     *
     * @param purpose empty for all
     * @param after the file to begin behind; empty to begin at the beginning
     */
    Page list(String purpose, String after, int limit, boolean ascending, RestCall call);

    /** @throws Failure NotFound when there is no such file, FailedPrecondition when a batch needs it */
    void delete(String id, RestCall call);

    /**
     * Writes a file's bytes, at the pace at which they are taken.
     *
     * @throws Failure.NotFound when there is no such file
     */
    void download(String id, OutputStream to, RestCall call) throws IOException;

    /** A file, without its bytes; expires at 0 when it does not. */
    record FileInfo(String id, String name, String purpose, long sizeBytes, long createdAt, long expiresAt) {}

    /** Some files, and whether there are more. */
    record Page(List<FileInfo> files, boolean hasMore) {}

    /** A file on its way. Belongs to one thread; closed without being finished it is given up. */
    interface Upload extends AutoCloseable {

        /** Says anew what the file is. */
        void describe(String name, String purpose, @Nullable Duration expiry);

        /** Adds bytes, when those before have been taken. */
        void write(byte[] bytes, int offset, int length);

        /** @throws Failure TooLarge, ResourceExhausted */
        FileInfo finish();

        @Override
        void close();
    }
}
