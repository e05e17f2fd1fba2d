package dev.weft.embedding.batch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The table {@code batch}. A change of state names the states that it may follow; zero rows mean that somebody else was first. */
final class BatchRepository {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** Rates are those of the last minute, or of the time since the work began. */
    private static final String SELECT = """
            SELECT b.id, b.owner, b.state, b.endpoint, b.input_file, b.input_collection, b.input_model, b.window_ms, b.metadata, b.model, b.output_file, b.error_file, b.errors, b.lines,
                c.completed, c.failed, c.tokens,
                coalesce(c.recent / greatest(extract(epoch FROM least(now() - b.in_progress_at, INTERVAL '60 s')), 0.001), 0) AS rate,
                b.created_at, b.expires_at, b.in_progress_at, b.finalizing_at, b.completed_at, b.failed_at, b.expired_at,
                b.cancelling_at, b.cancelled_at
            FROM batch b LEFT JOIN LATERAL (
                SELECT coalesce(sum(completed), 0) AS completed, coalesce(sum(failed), 0) AS failed, coalesce(sum(tokens), 0) AS tokens,
                    sum(completed + failed) FILTER (WHERE finished_at > now() - INTERVAL '60 s') AS recent
                FROM batch_chunk WHERE batch = b.id) c ON TRUE
            """;

    private BatchRepository() {}

    static void insert(
            Connection connection,
            String id,
            String owner,
            Batch.@Nullable Source source,
            Duration window,
            Batches.Order order)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                INSERT INTO batch (id, state, input_file, window_ms, metadata, output_keep_ms, created_at, expires_at, owner, allowed_models,
                    endpoint, input_collection, input_model)
                VALUES (?, 'VALIDATING', ?, ?, ?, ?, now(), now() + ? * INTERVAL '1 ms', ?, ?, ?, ?, ?)""")) {
            statement.setString(1, id);
            statement.setString(2, order.inputFile());
            statement.setLong(3, window.toMillis());
            ObjectNode json = JSON.createObjectNode();
            order.metadata().forEach(json::put);
            statement.setString(4, json.toString());
            Duration keep = order.outputKeep();
            statement.setObject(5, keep == null ? null : keep.toMillis());
            statement.setLong(6, window.toMillis());
            statement.setString(7, owner);
            statement.setArray(
                    8,
                    connection.createArrayOf("text", order.models().patterns().toArray()));
            statement.setString(9, order.endpoint());
            statement.setString(10, source == null ? null : source.collection());
            statement.setString(11, source == null ? "" : source.model());
            statement.executeUpdate();
        }
    }

    static int countOpen(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                        "SELECT count(*) FROM batch WHERE state IN ('VALIDATING', 'IN_PROGRESS', 'FINALIZING', 'CANCELLING')");
                ResultSet rows = statement.executeQuery()) {
            rows.next();
            return rows.getInt(1);
        }
    }

    static Optional<Batch> find(Connection connection, String id) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(SELECT + " WHERE b.id = ?")) {
            statement.setString(1, id);
            return read(statement).stream().findFirst();
        }
    }

    /**
     * The newest first.
     *
     * @param owner whose; empty for everybody's
     * @param after where to begin behind; null to begin at the newest
     */
    static List<Batch> list(Connection connection, String owner, @Nullable Batch after, int limit) throws SQLException {
        String sql = SELECT
                + " WHERE TRUE"
                + (owner.isEmpty() ? "" : " AND b.owner = ?")
                + (after == null ? "" : " AND (b.created_at, b.id) < (SELECT created_at, id FROM batch WHERE id = ?)")
                + " ORDER BY b.created_at DESC, b.id DESC LIMIT ?";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            int next = 1;
            if (!owner.isEmpty()) {
                statement.setString(next++, owner);
            }
            if (after != null) {
                statement.setString(next++, after.id());
            }
            statement.setInt(next, limit);
            return read(statement);
        }
    }

    /** What is wanted of a batch's output: how long to keep it; null for as long as is configured. */
    static @Nullable Duration outputKeep(Connection connection, String id) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT output_keep_ms FROM batch WHERE id = ?")) {
            statement.setString(1, id);
            try (ResultSet rows = statement.executeQuery()) {
                Long millis = rows.next() ? rows.getObject(1, Long.class) : null;
                return millis == null ? null : Duration.ofMillis(millis);
            }
        }
    }

    static boolean isExpiring(Connection connection, String id) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT expiring FROM batch WHERE id = ?")) {
            statement.setString(1, id);
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next() && rows.getBoolean(1);
            }
        }
    }

    /** Its rows have been written. */
    static boolean setInput(Connection connection, String id, String inputFile) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("UPDATE batch SET input_file = ? WHERE id = ? AND state = 'VALIDATING'")) {
            statement.setString(1, inputFile);
            statement.setString(2, id);
            return statement.executeUpdate() > 0;
        }
    }

    static boolean begin(Connection connection, String id, String model, long lines) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                UPDATE batch SET state = 'IN_PROGRESS', in_progress_at = now(), model = ?, lines = ?
                WHERE id = ? AND state = 'VALIDATING'""")) {
            statement.setString(1, model);
            statement.setLong(2, lines);
            statement.setString(3, id);
            return statement.executeUpdate() > 0;
        }
    }

    static boolean fail(Connection connection, String id, long lines, List<BatchError> errors) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                UPDATE batch SET state = 'FAILED', failed_at = now(), lines = ?, errors = ?
                WHERE id = ? AND state = 'VALIDATING'""")) {
            statement.setLong(1, lines);
            ArrayNode json = JSON.createArrayNode();
            errors.forEach(error -> json.addObject()
                    .put("code", error.code())
                    .put("message", error.message())
                    .put("line", error.line()));
            statement.setString(2, json.toString());
            statement.setString(3, id);
            return statement.executeUpdate() > 0;
        }
    }

    /** Nothing more is to be worked on: the lease of whoever is at it, if anybody is, ends. */
    static boolean cancel(Connection connection, String id) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                UPDATE batch SET state = 'CANCELLING', cancelling_at = now(), lease_owner = NULL, lease_until = NULL
                WHERE id = ? AND state IN ('VALIDATING', 'IN_PROGRESS')""")) {
            statement.setString(1, id);
            return statement.executeUpdate() > 0;
        }
    }

    /** Ends the work on batches whose window has closed; returns which. */
    static List<String> expire(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                UPDATE batch SET state = 'FINALIZING', finalizing_at = now(), expiring = TRUE, lease_owner = NULL, lease_until = NULL
                WHERE state IN ('VALIDATING', 'IN_PROGRESS') AND expires_at <= now()
                RETURNING id""")) {
            List<String> ids = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    ids.add(rows.getString(1));
                }
            }
            return ids;
        }
    }

    /**
     * Has those finalized that no chunk waits for any more. To be asked after a chunk's results are committed: two replicas that commit the last
     * two chunks do not see each other's, but one of them asks after both.
     */
    static int finalizeDone(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                UPDATE batch SET state = 'FINALIZING', finalizing_at = now()
                WHERE state = 'IN_PROGRESS'
                    AND NOT EXISTS (SELECT 1 FROM batch_chunk c WHERE c.batch = batch.id AND c.state = 'WAITING')""")) {
            return statement.executeUpdate();
        }
    }

    /** Ends a batch that is being finalized or cancelled. */
    static boolean end(
            Connection connection, String id, BatchState state, @Nullable String outputFile, @Nullable String errorFile)
            throws SQLException {
        String column =
                switch (state) {
                    case COMPLETED -> "completed_at";
                    case EXPIRED -> "expired_at";
                    case CANCELLED -> "cancelled_at";
                    case VALIDATING, FAILED, IN_PROGRESS, FINALIZING, CANCELLING ->
                        throw new IllegalArgumentException("state: " + state + " (expected: one that a batch ends in)");
                };
        try (PreparedStatement statement = connection.prepareStatement("UPDATE batch SET state = ?, " + column
                + " = now(), output_file = ?, error_file = ? WHERE id = ? AND state IN ('FINALIZING', 'CANCELLING')")) {
            statement.setString(1, state.name());
            statement.setString(2, outputFile);
            statement.setString(3, errorFile);
            statement.setString(4, id);
            return statement.executeUpdate() > 0;
        }
    }

    private static List<Batch> read(PreparedStatement statement) throws SQLException {
        List<Batch> batches = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                batches.add(new Batch(
                        rows.getString("id"),
                        rows.getString("owner"),
                        BatchState.valueOf(rows.getString("state")),
                        Endpoint.of(rows.getString("endpoint")),
                        rows.getString("input_file"),
                        source(rows),
                        Duration.ofMillis(rows.getLong("window_ms")),
                        metadata(rows.getString("metadata")),
                        rows.getString("model"),
                        rows.getString("output_file"),
                        rows.getString("error_file"),
                        errors(rows.getString("errors")),
                        new Batch.Progress(
                                rows.getLong("lines"),
                                rows.getLong("completed"),
                                rows.getLong("failed"),
                                rows.getLong("tokens"),
                                rows.getDouble("rate")),
                        times(rows)));
            }
        }
        return batches;
    }

    private static Batch.@Nullable Source source(ResultSet rows) throws SQLException {
        String collection = rows.getString("input_collection");
        return collection == null ? null : new Batch.Source(collection, rows.getString("input_model"));
    }

    private static Batch.Times times(ResultSet rows) throws SQLException {
        return new Batch.Times(
                Objects.requireNonNull(instant(rows, "created_at")),
                Objects.requireNonNull(instant(rows, "expires_at")),
                instant(rows, "in_progress_at"),
                instant(rows, "finalizing_at"),
                instant(rows, "completed_at"),
                instant(rows, "failed_at"),
                instant(rows, "expired_at"),
                instant(rows, "cancelling_at"),
                instant(rows, "cancelled_at"));
    }

    private static @Nullable Instant instant(ResultSet rows, String column) throws SQLException {
        OffsetDateTime time = rows.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }

    private static Map<String, String> metadata(String json) {
        Map<String, String> metadata = new HashMap<>();
        tree(json)
                .properties()
                .forEach(entry -> metadata.put(entry.getKey(), entry.getValue().asText()));
        return metadata;
    }

    private static List<BatchError> errors(String json) {
        List<BatchError> errors = new ArrayList<>();
        tree(json)
                .forEach(error -> errors.add(new BatchError(
                        error.path("code").asText(),
                        error.path("message").asText(),
                        error.path("line").asLong())));
        return errors;
    }

    private static JsonNode tree(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the table batch holds what is no JSON", e);
        }
    }
}
