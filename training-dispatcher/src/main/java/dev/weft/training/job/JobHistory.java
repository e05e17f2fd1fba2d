package dev.weft.training.job;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Some of what happened to a job and of what its runs measured.
 *
 * @param entries the newest first
 * @param hasMore whether there are older ones
 */
public record JobHistory(List<Entry> entries, boolean hasMore) {

    /**
     * A step is where its first figure is, whatever is added to it later: so an entry's place never changes. Times alone would not do, as several
     * entries may have the same.
     */
    private static final String QUERY = """
            WITH history AS (
                SELECT at, 0 AS kind, number, attempt, type, message, 0::bigint AS step, NULL::text[] AS names, NULL::float8[] AS figures
                FROM training_event WHERE job_id = ?
                UNION ALL
                SELECT (array_agg(at ORDER BY number))[1], 1, min(number), attempt, '', '', step, array_agg(name ORDER BY number),
                    array_agg(value ORDER BY number)
                FROM training_metric WHERE job_id = ? GROUP BY attempt, step)
            SELECT * FROM history
            WHERE ? OR (at, kind, number) < (SELECT at, kind, number FROM history WHERE kind = ? AND number = ?)
            ORDER BY at DESC, kind DESC, number DESC LIMIT ?
            """;

    private static final int EVENT = 0;
    private static final int METRICS = 1;

    public JobHistory {
        entries = List.copyOf(entries);
    }

    /** An event, or what was measured of a step. */
    public sealed interface Entry {}

    /** Something happened. */
    public record Happened(JobEvent event) implements Entry {}

    /**
     * A step was measured.
     *
     * @param number of its first figure
     * @param step 0 for the whole run
     * @param values by name, in the order in which they came
     */
    public record Measured(long number, Instant at, int attempt, long step, Map<String, Double> values)
            implements Entry {}

    /** The entry that a page begins behind. */
    public sealed interface After {}

    /** Begins at the newest. */
    public record Newest() implements After {}

    /** Begins behind the event of that number. */
    public record AfterEvent(long number) implements After {}

    /** Begins behind the step whose first figure has that number. */
    public record AfterMetrics(long number) implements After {}

    static JobHistory read(Connection connection, JobId job, After after, int limit) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(QUERY)) {
            statement.setString(1, job.value());
            statement.setString(2, job.value());
            statement.setBoolean(3, after instanceof Newest);
            statement.setInt(4, after instanceof AfterMetrics ? METRICS : EVENT);
            statement.setLong(
                    5,
                    switch (after) {
                        case Newest() -> 0;
                        case AfterEvent(long number) -> number;
                        case AfterMetrics(long number) -> number;
                    });
            // One more tells whether there are more.
            statement.setInt(6, limit + 1);
            List<Entry> entries = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    entries.add(rows.getInt("kind") == EVENT ? new Happened(JobJournal.event(rows)) : measured(rows));
                }
            }
            return new JobHistory(entries.subList(0, Math.min(limit, entries.size())), entries.size() > limit);
        }
    }

    private static Measured measured(ResultSet row) throws SQLException {
        String[] names = (String[]) array(row, "names");
        Double[] figures = (Double[]) array(row, "figures");
        Map<String, Double> values = new LinkedHashMap<>();
        for (int i = 0; i < names.length; i++) {
            values.put(names[i], figures[i]);
        }
        return new Measured(
                row.getLong("number"), JobRows.time(row, "at"), row.getInt("attempt"), row.getLong("step"), values);
    }

    private static Object array(ResultSet row, String column) throws SQLException {
        Array array = Objects.requireNonNull(row.getArray(column), column);
        return Objects.requireNonNull(array.getArray(), column);
    }
}
