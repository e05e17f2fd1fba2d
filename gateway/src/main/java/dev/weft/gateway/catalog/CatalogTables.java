package dev.weft.gateway.catalog;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The tables {@code model}, {@code model_version} and {@code model_alias}. Who changes a model has locked its row ({@link #lock}), so that
 * changes of one model come one after another, whichever gateway makes them. Stateless.
 */
@Singleton
final class CatalogTables {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TypeReference<Map<String, Double>> NUMBERS = new TypeReference<>() {};
    private static final TypeReference<Map<String, String>> TEXTS = new TypeReference<>() {};

    /** Makes the model, unless there is one of that name. */
    boolean insert(Connection connection, String name, String description, Serving serving, String actor)
            throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("""
                INSERT INTO model (name, description, serving, revision, created_at, created_by)
                VALUES (?, ?, ?::jsonb, 1, now(), ?) ON CONFLICT ON CONSTRAINT model_pk DO NOTHING
                """)) {
            insert.setString(1, name);
            insert.setString(2, description);
            insert.setString(3, json(serving));
            insert.setString(4, actor);
            return insert.executeUpdate() == 1;
        }
    }

    /** The model, which nobody else changes until the transaction ends. */
    Optional<CatalogModel> lock(Connection connection, String name) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT 1 FROM model WHERE name = ? FOR UPDATE")) {
            select.setString(1, name);
            try (ResultSet rows = select.executeQuery()) {
                if (!rows.next()) {
                    return Optional.empty();
                }
            }
        }
        return find(connection, name);
    }

    /** The model of that name. */
    Optional<CatalogModel> find(Connection connection, String name) throws SQLException {
        return select(connection, "name = ?", List.of(name), 1).stream().findFirst();
    }

    /** Models in the order of their names, of those that come after one. */
    List<CatalogModel> page(Connection connection, String after, boolean archivedToo, int limit) throws SQLException {
        return select(connection, archivedToo ? "name > ?" : "name > ? AND archived_at IS NULL", List.of(after), limit);
    }

    private static List<CatalogModel> select(Connection connection, String condition, List<String> values, int limit)
            throws SQLException {
        Map<String, Map<Long, ModelVersion>> versions = new LinkedHashMap<>();
        Map<String, SortedMap<String, List<Split>>> aliases = new LinkedHashMap<>();
        // C orders by bytes, so that pages follow each other in the same order whatever the database's locale is.
        String names = "SELECT name FROM model WHERE " + condition + " ORDER BY name COLLATE \"C\" LIMIT " + limit;
        each(
                connection,
                "SELECT * FROM model_version WHERE model IN (" + names + ")",
                values,
                rows -> versions.computeIfAbsent(rows.getString("model"), _ -> new TreeMap<>())
                        .put(rows.getLong("number"), version(rows)));
        each(
                connection,
                "SELECT * FROM model_alias WHERE model IN (" + names + ") ORDER BY version",
                values,
                rows -> aliases.computeIfAbsent(rows.getString("model"), _ -> new TreeMap<>())
                        .computeIfAbsent(rows.getString("alias"), _ -> new ArrayList<>())
                        .add(new Split(rows.getLong("version"), rows.getInt("percent"))));
        List<CatalogModel> models = new ArrayList<>();
        each(
                connection,
                "SELECT * FROM model WHERE name IN (" + names + ") ORDER BY name COLLATE \"C\"",
                values,
                rows -> {
                    String name = rows.getString("name");
                    models.add(new CatalogModel(
                            name,
                            rows.getString("description"),
                            rows.getLong("revision"),
                            String.valueOf(instant(rows, "created_at")),
                            rows.getString("created_by"),
                            instant(rows, "archived_at"),
                            read(rows.getString("serving"), Serving.class),
                            aliases.getOrDefault(name, new TreeMap<>()),
                            List.copyOf(versions.getOrDefault(name, Map.of()).values())));
                });
        return models;
    }

    @FunctionalInterface
    private interface Row {
        void take(ResultSet rows) throws SQLException;
    }

    private static void each(Connection connection, String query, List<String> values, Row row) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(query)) {
            for (int i = 0; i < values.size(); i++) {
                select.setString(i + 1, values.get(i));
            }
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    row.take(rows);
                }
            }
        }
    }

    private static ModelVersion version(ResultSet rows) throws SQLException {
        return new ModelVersion(
                rows.getLong("number"),
                rows.getString("source_uri"),
                rows.getString("manifest_sha256"),
                rows.getLong("size_bytes"),
                rows.getString("task"),
                read(rows.getString("metrics"), NUMBERS),
                read(rows.getString("labels"), TEXTS),
                String.valueOf(instant(rows, "created_at")),
                rows.getString("created_by"),
                instant(rows, "archived_at"));
    }

    /** Takes over description and serving. */
    void update(Connection connection, String name, String description, Serving serving) throws SQLException {
        execute(
                connection,
                "UPDATE model SET description = ?, serving = ?::jsonb WHERE name = ?",
                description,
                json(serving),
                name);
    }

    /** Every change of a model ends with this. */
    void countRevision(Connection connection, String name) throws SQLException {
        execute(connection, "UPDATE model SET revision = revision + 1 WHERE name = ?", name);
    }

    void insertVersion(Connection connection, String model, long number, NewVersion version, String actor)
            throws SQLException {
        execute(
                connection,
                """
                INSERT INTO model_version (model, number, source_uri, manifest_sha256, size_bytes, task, metrics, labels,
                                           created_at, created_by)
                VALUES (?, ?, ?, ?, ?, ?, ?::jsonb, ?::jsonb, now(), ?)
                """,
                model,
                number,
                version.sourceUri(),
                version.manifestSha256(),
                version.sizeBytes(),
                version.task(),
                json(version.metrics()),
                json(version.labels()),
                actor);
    }

    /** Points the alias to these versions, and to no others; to none takes it away. */
    void setAlias(Connection connection, String model, String alias, List<Split> splits) throws SQLException {
        execute(connection, "DELETE FROM model_alias WHERE model = ? AND alias = ?", model, alias);
        for (Split split : splits) {
            execute(
                    connection,
                    "INSERT INTO model_alias (model, alias, version, percent) VALUES (?, ?, ?, ?)",
                    model,
                    alias,
                    split.version(),
                    split.percent());
        }
    }

    void archiveModel(Connection connection, String name, boolean archived) throws SQLException {
        execute(
                connection,
                "UPDATE model SET archived_at = " + (archived ? "now()" : "NULL") + " WHERE name = ?",
                name);
    }

    void archiveVersion(Connection connection, String model, long number, boolean archived) throws SQLException {
        execute(
                connection,
                "UPDATE model_version SET archived_at = " + (archived ? "now()" : "NULL")
                        + " WHERE model = ? AND number = ?",
                model,
                number);
    }

    private static void execute(Connection connection, String statement, Object... values) throws SQLException {
        try (PreparedStatement prepared = connection.prepareStatement(statement)) {
            for (int i = 0; i < values.length; i++) {
                prepared.setObject(i + 1, values[i]);
            }
            prepared.executeUpdate();
        }
    }

    private static @Nullable String instant(ResultSet rows, String column) throws SQLException {
        OffsetDateTime at = rows.getObject(column, OffsetDateTime.class);
        return at == null
                ? null
                : at.withOffsetSameInstant(ZoneOffset.UTC).toInstant().toString();
    }

    private static String json(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static <T> T read(String json, Class<T> type) {
        try {
            return JSON.readValue(json, type);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static <T> T read(String json, TypeReference<T> type) {
        try {
            return JSON.readValue(json, type);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
