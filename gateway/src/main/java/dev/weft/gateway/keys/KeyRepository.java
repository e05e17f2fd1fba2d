package dev.weft.gateway.keys;

import dev.weft.kit.identity.AllowedModels;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The table of keys. Stateless; all methods run in the caller's transaction. */
final class KeyRepository {

    private static final String COLUMNS = """
            id, hash, name, owner, scopes, models, requests_per_second, burst, tokens_per_minute, concurrent,
            tokens_per_month, cost_per_month, created_at, created_by, expires_at, revoked_at""";

    private KeyRepository() {}

    /** A key and the hash of what its client holds; the array is shared, not written. */
    record Stored(ApiKey key, byte[] hash) {}

    static void insert(Connection connection, ApiKey key, byte[] hash) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO api_key (" + COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
            insert.setString(1, key.id());
            insert.setBytes(2, hash);
            insert.setString(3, key.name());
            insert.setString(4, key.owner());
            insert.setArray(
                    5,
                    texts(connection, key.scopes().stream().map(Scope::wireName).toList()));
            setChange(insert, connection, 6, KeyChange.of(key));
            insert.setTimestamp(13, Timestamp.from(key.createdAt()));
            insert.setString(14, key.createdBy());
            setInstant(insert, 15, key.expiresAt());
            setInstant(insert, 16, key.revokedAt());
            insert.executeUpdate();
        }
    }

    /** Sets models and limits, from that parameter on. */
    private static void setChange(PreparedStatement statement, Connection connection, int first, KeyChange change)
            throws SQLException {
        KeyLimits limits = change.limits();
        statement.setArray(first, texts(connection, change.models().patterns()));
        statement.setObject(first + 1, limits.requestsPerSecond(), Types.DOUBLE);
        statement.setObject(first + 2, limits.burst(), Types.INTEGER);
        statement.setObject(first + 3, limits.tokensPerMinute(), Types.BIGINT);
        statement.setObject(first + 4, limits.concurrent(), Types.INTEGER);
        statement.setObject(first + 5, limits.tokensPerMonth(), Types.BIGINT);
        statement.setObject(first + 6, limits.costPerMonth(), Types.DOUBLE);
    }

    private static Array texts(Connection connection, List<String> texts) throws SQLException {
        return connection.createArrayOf("text", texts.toArray());
    }

    private static void setInstant(PreparedStatement statement, int parameter, @Nullable Instant instant)
            throws SQLException {
        statement.setTimestamp(parameter, instant == null ? null : Timestamp.from(instant));
    }

    static void update(Connection connection, ApiKey key) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("""
                UPDATE api_key SET models = ?, requests_per_second = ?, burst = ?, tokens_per_minute = ?, concurrent = ?,
                    tokens_per_month = ?, cost_per_month = ?, expires_at = ?, revoked_at = ?
                WHERE id = ?""")) {
            setChange(update, connection, 1, KeyChange.of(key));
            setInstant(update, 8, key.expiresAt());
            setInstant(update, 9, key.revokedAt());
            update.setString(10, key.id());
            update.executeUpdate();
        }
    }

    /** The key of that id; null when there is none. */
    static @Nullable Stored find(Connection connection, String id) throws SQLException {
        return find(connection, "SELECT " + COLUMNS + " FROM api_key WHERE id = ?", id);
    }

    /** The same, and nobody else changes it before the transaction ends. */
    static @Nullable Stored lock(Connection connection, String id) throws SQLException {
        return find(connection, "SELECT " + COLUMNS + " FROM api_key WHERE id = ? FOR UPDATE", id);
    }

    private static @Nullable Stored find(Connection connection, String sql, String id) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setString(1, id);
            List<Stored> found = read(select);
            return found.isEmpty() ? null : found.getFirst();
        }
    }

    /** All keys in the order of their ids, so many of those after that id. */
    static List<Stored> list(Connection connection, String after, int limit) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("SELECT " + COLUMNS + " FROM api_key WHERE id > ? ORDER BY id LIMIT ?")) {
            select.setString(1, after);
            select.setInt(2, limit);
            return read(select);
        }
    }

    /** Keys that are neither revoked nor expired, at most so many. */
    static List<Stored> valid(Connection connection, Instant now, int limit) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT " + COLUMNS + "\n" + """
                 FROM api_key WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)
                 ORDER BY created_at, id LIMIT ?""")) {
            select.setTimestamp(1, Timestamp.from(now));
            select.setInt(2, limit);
            return read(select);
        }
    }

    /** How many keys are neither revoked nor expired. */
    static long countValid(Connection connection, Instant now) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("""
                SELECT count(*) FROM api_key WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)""")) {
            select.setTimestamp(1, Timestamp.from(now));
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    private static List<Stored> read(PreparedStatement select) throws SQLException {
        List<Stored> keys = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                keys.add(new Stored(key(row), row.getBytes("hash")));
            }
        }
        return keys;
    }

    private static ApiKey key(ResultSet row) throws SQLException {
        Set<Scope> scopes = texts(row, "scopes").stream().map(Scope::of).collect(Collectors.toSet());
        return new ApiKey(
                row.getString("id"),
                row.getString("name"),
                row.getString("owner"),
                scopes,
                new AllowedModels(texts(row, "models")),
                new KeyLimits(
                        row.getObject("requests_per_second", Double.class),
                        row.getObject("burst", Integer.class),
                        row.getObject("tokens_per_minute", Long.class),
                        row.getObject("concurrent", Integer.class),
                        row.getObject("tokens_per_month", Long.class),
                        row.getObject("cost_per_month", Double.class)),
                row.getTimestamp("created_at").toInstant(),
                row.getString("created_by"),
                instant(row, "expires_at"),
                instant(row, "revoked_at"));
    }

    private static List<String> texts(ResultSet row, String column) throws SQLException {
        return Arrays.asList((String[]) row.getArray(column).getArray());
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        Timestamp timestamp = row.getTimestamp(column);
        return timestamp == null ? null : timestamp.toInstant();
    }
}
