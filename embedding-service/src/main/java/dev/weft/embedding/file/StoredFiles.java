package dev.weft.embedding.file;

import dev.weft.database.Database;
import dev.weft.embedding.file.StoredFile.Purpose;
import dev.weft.kit.error.Failure;
import jakarta.inject.Singleton;
import java.io.InputStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** All files. Thread-safe; all calls block, and throw {@link Failure.Unavailable} when the database does not answer. */
@Singleton
public class StoredFiles {

    private static final int MAX_NAME = 255;
    private static final int MAX_LIST = 10_000;
    private static final Duration RETRY_AFTER = Duration.ofMinutes(10);

    private final Database database;
    private final Blobs blobs;
    private final FilesConfig config;

    StoredFiles(Database database, Blobs blobs, FilesConfig config) {
        this.database = database;
        this.blobs = blobs;
        this.config = config;
    }

    /** Some files, and whether there are more. */
    public record Page(List<StoredFile> files, boolean hasMore) {}

    /**
     * Begins an upload; the caller closes it.
     *
     * @param owner whose it will be; empty for nobody's
     * @param expiry after what time the file may be deleted; null for the configured one
     * @throws Failure.InvalidArgument when the name is none, or clients upload nothing for that purpose
     * @throws Failure.ResourceExhausted when there is no room for more files
     */
    public FileUpload upload(String owner, String name, Purpose purpose, @Nullable Duration expiry) {
        Duration keep = checked(name, purpose, expiry);
        long total = database.inTransaction(FileRepository::uploadedBytes);
        if (total >= config.maxTotal().asLongValue()) {
            throw new Failure.ResourceExhausted(
                    "files: " + total + " bytes are kept (expected: less than weft.embedding.files.max-total, "
                            + config.maxTotal().asLongValue() + "; delete some)",
                    RETRY_AFTER);
        }
        return new FileUpload(
                this,
                owner,
                name,
                purpose,
                keep,
                blobs.create(),
                config.maxSize().asLongValue());
    }

    /** After what time a file of that name may be deleted; null for never. */
    @Nullable
    Duration checked(String name, Purpose purpose, @Nullable Duration expiry) {
        if (!purpose.isUploaded()) {
            throw new Failure.InvalidArgument("purpose: " + purpose.wireName() + " (expected: one of "
                    + Arrays.stream(Purpose.values())
                            .filter(Purpose::isUploaded)
                            .map(Purpose::wireName)
                            .toList() + ")");
        }
        if (name.isBlank() || name.length() > MAX_NAME || name.chars().anyMatch(Character::isISOControl)) {
            throw new Failure.InvalidArgument("filename: " + name.length() + " characters (expected: 1 to " + MAX_NAME
                    + ", none of them a control character)");
        }
        if (expiry != null && (expiry.isNegative() || expiry.isZero())) {
            throw new Failure.InvalidArgument("expires_after: " + expiry + " (expected: more than 0)");
        }
        return expiry == null ? config.expiry().orElse(null) : expiry;
    }

    StoredFile add(String owner, String name, Purpose purpose, @Nullable Duration expiry, Blob blob, String sha256) {
        Instant now = now();
        StoredFile file = new StoredFile(
                newId(), owner, name, purpose, blob.sizeBytes(), sha256, now, expiry == null ? null : now.plus(expiry));
        return database.inTransaction(connection -> {
            blobs.keep(connection, blob.id());
            FileRepository.insert(connection, file, List.of(blob));
            return file;
        });
    }

    void discard(BlobOutput output) {
        blobs.discard(output.id(), output.store());
    }

    /**
     * Makes a file of blobs that are kept already, within the caller's transaction.
     *
     * @param expiry after what time the file may be deleted; null for the configured one
     */
    public StoredFile assemble(
            Connection connection, String owner, String name, List<Blob> parts, @Nullable Duration expiry)
            throws SQLException {
        Duration keep = expiry == null ? config.outputExpiry().orElse(null) : expiry;
        Instant now = now();
        StoredFile file = new StoredFile(
                newId(),
                owner,
                name,
                Purpose.BATCH_OUTPUT,
                parts.stream().mapToLong(Blob::sizeBytes).sum(),
                null,
                now,
                keep == null ? null : now.plus(keep));
        FileRepository.insert(connection, file, parts);
        return file;
    }

    /**
     * A file.
     *
     * @param owner whose it must be; empty for anybody's
     * @throws Failure.NotFound when he has no such file
     */
    public StoredFile get(String id, String owner) {
        return database.inTransaction(connection -> require(connection, id, owner));
    }

    private static StoredFile require(Connection connection, String id, String owner) throws SQLException {
        return FileRepository.find(connection, id)
                .filter(file -> owner.isEmpty() || file.owner().equals(owner))
                .orElseThrow(() -> unknown(id));
    }

    private static Failure.NotFound unknown(String id) {
        return new Failure.NotFound("file '" + id + "' does not exist");
    }

    /**
     * Files in the order of their creation.
     *
     * @param owner whose; empty for everybody's
     * @param purpose null for all
     * @param after the file to begin behind; empty to begin at the beginning
     * @param limit 1 to 10000
     * @throws Failure.NotFound when there is no file to begin behind
     */
    public Page list(String owner, @Nullable Purpose purpose, String after, int limit, boolean ascending) {
        if (limit < 1 || limit > MAX_LIST) {
            throw new Failure.InvalidArgument("limit: " + limit + " (expected: 1 to " + MAX_LIST + ")");
        }
        List<StoredFile> files = database.inTransaction(connection -> FileRepository.list(
                connection,
                owner,
                purpose,
                after.isEmpty() ? null : require(connection, after, owner),
                limit + 1,
                ascending));
        boolean more = files.size() > limit;
        return new Page(more ? files.subList(0, limit) : files, more);
    }

    /**
     * Removes a file.
     *
     * @param owner whose it must be; empty for anybody's
     * @throws Failure.NotFound when he has none
     * @throws Failure.FailedPrecondition when a batch still needs it
     */
    public void delete(String id, String owner) {
        List<Blob> parts = database.inTransaction(connection -> {
            require(connection, id, owner);
            List<Blob> some = FileRepository.blobs(connection, id);
            if (!FileRepository.delete(connection, id)) {
                throw new Failure.FailedPrecondition(
                        "file '" + id + "' is in use (expected: every batch that reads it has ended)");
            }
            return some;
        });
        parts.forEach(blob -> blobs.discard(blob.id(), blob.store()));
    }

    /**
     * A file's bytes from the offset on; the caller closes them. Reading throws {@link java.io.IOException} when the store does not answer.
     *
     * @param owner whose it must be; empty for anybody's
     * @throws Failure.NotFound when he has no such file
     */
    public InputStream open(String id, String owner, long offset) {
        List<Blob> parts = database.inTransaction(connection -> {
            StoredFile file = require(connection, id, owner);
            if (offset < 0 || offset > file.sizeBytes()) {
                throw new Failure.InvalidArgument("offset: " + offset + " (expected: 0 to " + file.sizeBytes() + ")");
            }
            return FileRepository.blobs(connection, id);
        });
        return new BlobInput(blobs, parts, offset);
    }

    /** The same for a file that the caller uses ({@link #use}): it can be read to the end, even when it has expired since. */
    public InputStream openUsed(String id, long offset) {
        return new BlobInput(blobs, database.inTransaction(connection -> FileRepository.blobs(connection, id)), offset);
    }

    /**
     * Keeps a file from being deleted until {@link #release}, within the caller's transaction.
     *
     * @param owner whose it must be; empty for anybody's
     * @throws Failure.NotFound when he has none
     */
    public StoredFile use(Connection connection, String id, String owner) throws SQLException {
        if (!FileRepository.use(connection, id, 1)) {
            throw unknown(id);
        }
        return require(connection, id, owner);
    }

    /** Ends what {@link #use} began. */
    public void release(Connection connection, String id) throws SQLException {
        FileRepository.use(connection, id, -1);
    }

    /** Deletes expired files and blobs that nothing refers to, of each as many at most. */
    void cleanUp(int limit) {
        List<String> expired = database.inTransaction(connection -> FileRepository.expired(connection, limit));
        for (String id : expired) {
            Optional<List<Blob>> parts = database.inTransaction(connection -> {
                List<Blob> some = FileRepository.blobs(connection, id);
                return FileRepository.delete(connection, id) ? Optional.of(some) : Optional.empty();
            });
            parts.ifPresent(some -> some.forEach(blob -> blobs.discard(blob.id(), blob.store())));
        }
        List<Blob> orphans = database.inTransaction(connection ->
                FileRepository.orphans(connection, config.orphanAge().toMillis(), limit));
        orphans.forEach(blob -> blobs.discard(blob.id(), blob.store()));
    }

    /** As exact as PostgreSQL keeps it, so that a file that is read again is equal. */
    private static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.MICROS);
    }

    private static String newId() {
        return "file-" + UUID.randomUUID().toString().replace("-", "");
    }
}
