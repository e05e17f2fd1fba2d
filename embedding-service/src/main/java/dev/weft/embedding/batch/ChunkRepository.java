package dev.weft.embedding.batch;

import dev.weft.embedding.file.Blob;
import dev.weft.kit.identity.AllowedModels;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The table {@code batch_chunk}. */
final class ChunkRepository {

    private static final String SELECT = """
            SELECT c.id, c.batch, b.owner, b.endpoint, b.input_file, c.number, c.first_line, c.lines, c.start_byte, c.end_byte, b.allowed_models
            FROM batch_chunk c JOIN batch b ON b.id = c.batch
            """;

    private ChunkRepository() {}

    static void insert(Connection connection, String batch, List<Chunk.Range> ranges) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                INSERT INTO batch_chunk (batch, number, first_line, lines, start_byte, end_byte) VALUES (?, ?, ?, ?, ?, ?)""")) {
            for (Chunk.Range range : ranges) {
                statement.setString(1, batch);
                statement.setInt(2, range.number());
                statement.setLong(3, range.firstLine());
                statement.setInt(4, range.lines());
                statement.setLong(5, range.start());
                statement.setLong(6, range.end());
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    static Optional<Chunk> find(Connection connection, long id) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(SELECT + " WHERE c.id = ?")) {
            statement.setLong(1, id);
            return read(statement).stream().findFirst();
        }
    }

    /** Has no more chunks worked on; those who are at some lose their leases. */
    static void skipWaiting(Connection connection, String batch) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                UPDATE batch_chunk SET state = 'SKIPPED', lease_owner = NULL, lease_until = NULL
                WHERE batch = ? AND state = 'WAITING'""")) {
            statement.setString(1, batch);
            statement.executeUpdate();
        }
    }

    /** The first chunk that was skipped and whose rows have not been accounted for. */
    static Optional<Chunk> findUnaccounted(Connection connection, String batch) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                SELECT + " WHERE c.batch = ? AND c.state = 'SKIPPED' AND c.failed = 0 ORDER BY c.number LIMIT 1")) {
            statement.setString(1, batch);
            return read(statement).stream().findFirst();
        }
    }

    /**
     * Writes down what has come of a chunk.
     *
     * @param before the state that it must be in
     * @param after the state that it is in then
     * @return false when it is in another one
     */
    static boolean finish(Connection connection, long id, String before, String after, ChunkResults results)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                UPDATE batch_chunk SET state = ?, output_blob = ?, output_size = ?, error_blob = ?, error_size = ?,
                    completed = ?, failed = ?, tokens = ?, finished_at = now()
                WHERE id = ? AND state = ?""")) {
            statement.setString(1, after);
            statement.setObject(2, results.output().map(Blob::id).orElse(null));
            statement.setLong(3, results.output().map(Blob::sizeBytes).orElse(0L));
            statement.setObject(4, results.errors().map(Blob::id).orElse(null));
            statement.setLong(5, results.errors().map(Blob::sizeBytes).orElse(0L));
            statement.setInt(6, results.completed());
            statement.setInt(7, results.failed());
            statement.setLong(8, results.tokens());
            statement.setLong(9, id);
            statement.setString(10, before);
            return statement.executeUpdate() > 0;
        }
    }

    /** What all chunks have written, in their order: answers, or failures. */
    static List<Blob> blobs(Connection connection, String batch, boolean errors) throws SQLException {
        String kind = errors ? "error" : "output";
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT b.id, b.store, c." + kind + "_size FROM batch_chunk c JOIN blob b ON b.id = c." + kind
                        + "_blob WHERE c.batch = ? ORDER BY c.number")) {
            statement.setString(1, batch);
            List<Blob> blobs = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    blobs.add(new Blob(rows.getObject(1, UUID.class), rows.getString(2), rows.getLong(3)));
                }
            }
            return blobs;
        }
    }

    /** The blobs belong to files from now on. */
    static void forgetBlobs(Connection connection, String batch) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "UPDATE batch_chunk SET output_blob = NULL, error_blob = NULL WHERE batch = ?")) {
            statement.setString(1, batch);
            statement.executeUpdate();
        }
    }

    private static List<Chunk> read(PreparedStatement statement) throws SQLException {
        List<Chunk> chunks = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                chunks.add(new Chunk(
                        rows.getLong(1),
                        rows.getString(2),
                        rows.getString(3),
                        Endpoint.of(rows.getString(4)),
                        rows.getString(5),
                        new AllowedModels(List.of((String[]) rows.getArray(11).getArray())),
                        new Chunk.Range(
                                rows.getInt(6), rows.getLong(7), rows.getInt(8), rows.getLong(9), rows.getLong(10))));
            }
        }
        return chunks;
    }
}
