package dev.weft.gateway.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.database.Database;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The table {@code audit_entry}. Thread-safe. */
@Singleton
public class AuditLog {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final String INSERT = """
            INSERT INTO audit_entry (at, actor, action, object_type, object_name, before, after, request_id)
            VALUES (now(), ?, ?, ?, ?, ?::jsonb, ?::jsonb, ?)
            """;

    private static final String SELECT = """
            SELECT id, at, actor, action, object_type, object_name, before, after, request_id FROM audit_entry
            WHERE (? = '' OR object_type = ?) AND (? = '' OR object_name = ?) AND (? = '' OR actor = ?) AND (? = 0 OR id < ?)
            ORDER BY id DESC LIMIT ?
            """;

    private final Database database;

    AuditLog(Database database) {
        this.database = database;
    }

    /**
     * What changed.
     *
     * @param before null when there was nothing
     * @param after null when nothing is left
     */
    public record Change(
            String action,
            String objectType,
            String objectName,
            @Nullable Object before,
            @Nullable Object after) {}

    /**
     * Which entries somebody wants to see, the newest first.
     *
     * @param objectType empty for any, as the others
     * @param beforeId 0 for the newest; else those that are older than that one
     * @param limit 1 to 1000
     */
    public record Query(String objectType, String objectName, String actor, long beforeId, int limit) {}

    /** Notes the change, in the transaction that makes it. */
    public void append(Connection connection, Actor actor, Change change) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
            insert.setString(1, actor.name());
            insert.setString(2, change.action());
            insert.setString(3, change.objectType());
            insert.setString(4, change.objectName());
            insert.setString(5, json(change.before()));
            insert.setString(6, json(change.after()));
            insert.setString(7, actor.request().value());
            insert.executeUpdate();
        }
    }

    /** The entries that fit. */
    public List<AuditEntry> find(Query query) {
        return database.inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement(SELECT)) {
                int at = 0;
                for (String value : List.of(query.objectType(), query.objectName(), query.actor())) {
                    select.setString(++at, value);
                    select.setString(++at, value);
                }
                select.setLong(++at, query.beforeId());
                select.setLong(++at, query.beforeId());
                select.setInt(++at, query.limit());
                List<AuditEntry> entries = new ArrayList<>();
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        entries.add(entry(rows));
                    }
                }
                return entries;
            }
        });
    }

    private static AuditEntry entry(ResultSet rows) throws SQLException {
        return new AuditEntry(
                rows.getLong("id"),
                rows.getObject("at", OffsetDateTime.class)
                        .withOffsetSameInstant(ZoneOffset.UTC)
                        .toString(),
                rows.getString("actor"),
                rows.getString("action"),
                rows.getString("object_type"),
                rows.getString("object_name"),
                tree(rows.getString("before")),
                tree(rows.getString("after")),
                rows.getString("request_id"));
    }

    private static @Nullable String json(@Nullable Object value) {
        try {
            return value == null ? null : JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static @Nullable JsonNode tree(@Nullable String json) {
        try {
            return json == null ? null : JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
