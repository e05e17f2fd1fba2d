package dev.weft.gateway.usage;

import dev.weft.database.Database;
import dev.weft.kit.error.Failure.InvalidArgument;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Sums of usage, as the database has them; about a second old. Blocks; thread-safe. */
@Singleton
public class UsageReport {

    private static final int MOST_ROWS = 10_000;
    private static final Duration LONGEST = Duration.ofDays(3_660);

    private final Database database;

    UsageReport(Database database) {
        this.database = database;
    }

    /** What sums can be told apart by. */
    public enum Group {
        KEY("u.key_id", "key_id"),
        MODEL("u.model", "model"),
        BACKEND("u.backend", "backend"),
        HOUR("u.hour", "start"),
        DAY("date_trunc('day', u.hour, 'UTC')", "start");

        private final String expression;
        private final String column;

        Group(String expression, String column) {
            this.expression = expression;
            this.column = column;
        }

        /**
         * The group of that name.
         *
         * @throws InvalidArgument when there is none
         */
        public static Group of(String name) {
            return Stream.of(values())
                    .filter(group -> group.wireName().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new InvalidArgument("group_by: '" + name + "' (expected: some of "
                            + Stream.of(values()).map(Group::wireName).toList() + ")"));
        }

        /** The name in lower case. */
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * What is asked for: whole hours from the one in which {@code from} lies, and all that began before {@code to}.
     *
     * @param keyId the only key; null for all
     */
    public record Query(
            Instant from,
            Instant to,
            Set<Group> groups,
            @Nullable String keyId) {
        public Query {
            if (!from.isBefore(to)) {
                throw new InvalidArgument("from: " + from + " (expected: before to, " + to + ")");
            }
            if (Duration.between(from, to).compareTo(LONGEST) > 0) {
                throw new InvalidArgument("from: " + from + " (expected: at most ten years before to)");
            }
            if (groups.contains(Group.HOUR) && groups.contains(Group.DAY)) {
                throw new InvalidArgument("group_by: hour and day (expected: one of the two)");
            }
        }
    }

    /**
     * A sum; what it is not told apart by is null.
     *
     * @param keyName as people know the key; null too when it is none of the table's
     * @param start when its hour or day began
     */
    public record Row(
            @Nullable String keyId,
            @Nullable String keyName,
            @Nullable String model,
            @Nullable String backend,
            @Nullable Instant start,
            long requests,
            long errors,
            long rows,
            long promptTokens,
            long completionTokens,
            long computeMicros,
            long costNanos) {}

    /**
     * The sums, by time first.
     *
     * @throws InvalidArgument when there are too many
     */
    public List<Row> sums(Query query) {
        List<Row> rows = database.inTransaction(connection -> read(connection, query));
        if (rows.size() > MOST_ROWS) {
            throw new InvalidArgument(
                    "group_by: more than " + MOST_ROWS + " sums (expected: fewer; a shorter time, or fewer groups)");
        }
        return rows;
    }

    private static List<Row> read(Connection connection, Query query) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql(query))) {
            long hour = query.from().getEpochSecond() / UsageKey.SECONDS_PER_HOUR * UsageKey.SECONDS_PER_HOUR;
            select.setTimestamp(1, Timestamp.from(Instant.ofEpochSecond(hour)));
            select.setTimestamp(2, Timestamp.from(query.to()));
            select.setString(3, query.keyId());
            select.setString(4, query.keyId());
            select.setInt(5, MOST_ROWS + 1);
            List<Row> rows = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    rows.add(row(row, query.groups()));
                }
            }
            return rows;
        }
    }

    /** Of the constants above alone. */
    private static String sql(Query query) {
        List<Group> groups = query.groups().stream().sorted().toList();
        String columns = groups.stream()
                .map(group -> group.expression + " AS " + group.column + ", ")
                .collect(Collectors.joining());
        String name = query.groups().contains(Group.KEY)
                ? "(SELECT name FROM api_key WHERE id = u.key_id) AS key_name, "
                : "";
        String grouped = groups.isEmpty()
                ? "HAVING count(*) > 0"
                : "GROUP BY " + groups.stream().map(group -> group.expression).collect(Collectors.joining(", "));
        String order = Stream.concat(
                        groups.stream().filter(group -> group.column.equals("start")),
                        groups.stream().filter(group -> !group.column.equals("start")))
                .map(group -> group.expression)
                .collect(Collectors.joining(", "));
        return "SELECT " + columns + name + """
                sum(u.requests) AS requests, sum(u.errors) AS errors, sum(u.rows) AS rows,
                sum(u.prompt_tokens) AS prompt_tokens, sum(u.completion_tokens) AS completion_tokens,
                sum(u.compute_us) AS compute_us, sum(u.cost_nanos) AS cost_nanos
                FROM usage_hour u WHERE u.hour >= ? AND u.hour < ? AND (?::text IS NULL OR u.key_id = ?)
                """ + grouped + (order.isEmpty() ? "" : " ORDER BY " + order) + " LIMIT ?";
    }

    private static Row row(ResultSet row, Set<Group> groups) throws SQLException {
        boolean timed = groups.contains(Group.HOUR) || groups.contains(Group.DAY);
        return new Row(
                groups.contains(Group.KEY) ? row.getString("key_id") : null,
                groups.contains(Group.KEY) ? row.getString("key_name") : null,
                groups.contains(Group.MODEL) ? row.getString("model") : null,
                groups.contains(Group.BACKEND) ? row.getString("backend") : null,
                timed ? row.getTimestamp("start").toInstant() : null,
                row.getLong("requests"),
                row.getLong("errors"),
                row.getLong("rows"),
                row.getLong("prompt_tokens"),
                row.getLong("completion_tokens"),
                row.getLong("compute_us"),
                row.getLong("cost_nanos"));
    }
}
