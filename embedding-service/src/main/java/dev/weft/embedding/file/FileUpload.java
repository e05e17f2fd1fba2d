package dev.weft.embedding.file;

import dev.weft.embedding.file.StoredFile.Purpose;
import dev.weft.kit.error.Failure;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** A file on its way in. Belongs to one thread; closed without being finished it is forgotten. */
public final class FileUpload implements AutoCloseable {

    private final StoredFiles files;
    private final String owner;
    private String name;
    private Purpose purpose;
    private @Nullable Duration expiry;
    private final BlobOutput output;
    private final long limit;
    private final MessageDigest digest = sha256();
    private boolean finished;

    FileUpload(
            StoredFiles files,
            String owner,
            String name,
            Purpose purpose,
            @Nullable Duration expiry,
            BlobOutput output,
            long limit) {
        this.files = files;
        this.owner = owner;
        this.name = name;
        this.purpose = purpose;
        this.expiry = expiry;
        this.output = output;
        this.limit = limit;
    }

    /**
     * Says anew what the file is; see {@link StoredFiles#upload}.
     *
     * @param expiry after what time the file may be deleted; null for the configured one
     */
    public void describe(String name, Purpose purpose, @Nullable Duration expiry) {
        this.expiry = files.checked(name, purpose, expiry);
        this.name = name;
        this.purpose = purpose;
    }

    /**
     * Adds bytes.
     *
     * @throws Failure.TooLarge when there are more than allowed
     */
    public void write(byte[] bytes, int offset, int length) {
        if (output.size() + length > limit) {
            throw new Failure.TooLarge(
                    "file: more than " + limit + " bytes (expected: at most weft.embedding.files.max-size)");
        }
        digest.update(bytes, offset, length);
        output.write(bytes, offset, length);
    }

    /** Completes the file. */
    public StoredFile finish() {
        StoredFile file = files.add(
                owner, name, purpose, expiry, output.finish(), HexFormat.of().formatHex(digest.digest()));
        finished = true;
        return file;
    }

    @Override
    public void close() {
        output.close();
        if (!finished) {
            files.discard(output);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
