package dev.weft.embedding.file;

import dev.weft.embedding.file.StoredFile.Purpose;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The tables {@code file} and {@code file_blob}. */
final class FileRepository {

    private static final String COLUMNS = "id, owner, name, purpose, size_bytes, sha256, created_at, expires_at";

    private FileRepository() {}

    static void insert(Connection connection, StoredFile file, List<Blob> blobs) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("INSERT INTO file (" + COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)")) {
            statement.setString(1, file.id());
            statement.setString(2, file.owner());
            statement.setString(3, file.name());
            statement.setString(4, file.purpose().name());
            statement.setLong(5, file.sizeBytes());
            statement.setString(6, file.sha256());
            statement.setObject(7, utc(file.createdAt()));
            statement.setObject(8, file.expiresAt() == null ? null : utc(file.expiresAt()));
            statement.executeUpdate();
        }
        try (PreparedStatement statement = connection.prepareStatement(
                "INSERT INTO file_blob (file, number, blob, size_bytes) VALUES (?, ?, ?, ?)")) {
            for (int i = 0; i < blobs.size(); i++) {
                statement.setString(1, file.id());
                statement.setInt(2, i);
                statement.setObject(3, blobs.get(i).id());
                statement.setLong(4, blobs.get(i).sizeBytes());
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    static Optional<StoredFile> find(Connection connection, String id) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT " + COLUMNS + " FROM file WHERE id = ? AND (expires_at IS NULL OR expires_at > now())")) {
            statement.setString(1, id);
            return read(statement).stream().findFirst();
        }
    }

    /**
     * Files in the order of their creation.
     *
     * @param owner whose; empty for everybody's
     * @param after where to begin behind; null to begin at the beginning
     */
    static List<StoredFile> list(
            Connection connection,
            String owner,
            @Nullable Purpose purpose,
            @Nullable StoredFile after,
            int limit,
            boolean ascending)
            throws SQLException {
        String direction = ascending ? "ASC" : "DESC";
        String sql = "SELECT " + COLUMNS + " FROM file WHERE (expires_at IS NULL OR expires_at > now())"
                + " AND (?::text IS NULL OR purpose = ?)"
                + (owner.isEmpty() ? "" : " AND owner = ?")
                + (after == null ? "" : " AND (created_at, id) " + (ascending ? ">" : "<") + " (?, ?)")
                + " ORDER BY created_at " + direction + ", id " + direction + " LIMIT ?";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            int next = 1;
            statement.setString(next++, purpose == null ? null : purpose.name());
            statement.setString(next++, purpose == null ? null : purpose.name());
            if (!owner.isEmpty()) {
                statement.setString(next++, owner);
            }
            if (after != null) {
                statement.setObject(next++, utc(after.createdAt()));
                statement.setString(next++, after.id());
            }
            statement.setInt(next, limit);
            return read(statement);
        }
    }

    static List<Blob> blobs(Connection connection, String id) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                SELECT b.id, b.store, f.size_bytes FROM file_blob f JOIN blob b ON b.id = f.blob
                WHERE f.file = ? ORDER BY f.number""")) {
            statement.setString(1, id);
            List<Blob> blobs = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    blobs.add(new Blob(rows.getObject(1, UUID.class), rows.getString(2), rows.getLong(3)));
                }
            }
            return blobs;
        }
    }

    /** Counts one more batch that needs the file; false when there is no such file. */
    static boolean use(Connection connection, String id, int change) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("UPDATE file SET users = users + ? WHERE id = ?")) {
            statement.setInt(1, change);
            statement.setString(2, id);
            return statement.executeUpdate() > 0;
        }
    }

    /** Removes a file that nobody uses; false when there is none. Its blobs are no longer kept. */
    static boolean delete(Connection connection, String id) throws SQLException {
        List<Blob> blobs = blobs(connection, id);
        try (PreparedStatement file = connection.prepareStatement("DELETE FROM file WHERE id = ? AND users = 0");
                PreparedStatement blob = connection.prepareStatement("UPDATE blob SET kept = FALSE WHERE id = ?")) {
            file.setString(1, id);
            if (file.executeUpdate() == 0) {
                return false;
            }
            for (Blob each : blobs) {
                blob.setObject(1, each.id());
                blob.addBatch();
            }
            blob.executeBatch();
            return true;
        }
    }

    static List<String> expired(Connection connection, int limit) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT id FROM file WHERE expires_at <= now() AND users = 0 ORDER BY expires_at LIMIT ?")) {
            statement.setInt(1, limit);
            List<String> ids = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    ids.add(rows.getString(1));
                }
            }
            return ids;
        }
    }

    /** Blobs that nothing refers to, as old as that. */
    static List<Blob> orphans(Connection connection, long ageMs, int limit) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                SELECT id, store FROM blob WHERE NOT kept AND created_at < now() - ? * INTERVAL '1 ms'
                ORDER BY created_at LIMIT ?""")) {
            statement.setLong(1, ageMs);
            statement.setInt(2, limit);
            List<Blob> blobs = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    blobs.add(new Blob(rows.getObject(1, UUID.class), rows.getString(2), 0));
                }
            }
            return blobs;
        }
    }

    /** Bytes of all files that clients have uploaded. */
    static long uploadedBytes(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                        "SELECT coalesce(sum(size_bytes), 0) FROM file WHERE purpose IN ('BATCH', 'FINE_TUNE')");
                ResultSet rows = statement.executeQuery()) {
            rows.next();
            return rows.getLong(1);
        }
    }

    private static List<StoredFile> read(PreparedStatement statement) throws SQLException {
        List<StoredFile> files = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                OffsetDateTime expiresAt = rows.getObject(8, OffsetDateTime.class);
                files.add(new StoredFile(
                        rows.getString(1),
                        rows.getString(2),
                        rows.getString(3),
                        Purpose.valueOf(rows.getString(4)),
                        rows.getLong(5),
                        rows.getString(6),
                        rows.getObject(7, OffsetDateTime.class).toInstant(),
                        expiresAt == null ? null : expiresAt.toInstant()));
            }
        }
        return files;
    }

    private static OffsetDateTime utc(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
