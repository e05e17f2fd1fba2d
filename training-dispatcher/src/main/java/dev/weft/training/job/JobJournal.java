package dev.weft.training.job;

import dev.weft.database.Database;
import dev.weft.kit.error.Failure.InvalidArgument;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** What happened to jobs, what their runs wrote and measured: only ever added to, and read in order from any number on. Blocking; thread-safe. */
@Singleton
public class JobJournal {

    /** Rows of one answer, at most. */
    public static final int MAX_ROWS = 1000;

    private final Database database;

    JobJournal(Database database) {
        this.database = database;
    }

    private interface Reader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** Events with higher numbers, in order. */
    public List<JobEvent> events(JobId job, long after, int limit) {
        return rows(
                "SELECT * FROM training_event WHERE job_id = ? AND number > ? ORDER BY number LIMIT ?",
                job,
                after,
                limit,
                JobJournal::event);
    }

    static JobEvent event(ResultSet row) throws SQLException {
        return new JobEvent(
                row.getLong("number"),
                JobRows.time(row, "at"),
                row.getInt("attempt"),
                JobEvent.Type.valueOf(JobRows.text(row, "type")),
                JobRows.text(row, "message"));
    }

    /** Events and figures in one, the newest first. */
    public JobHistory history(JobId job, JobHistory.After after, int limit) {
        requireLimit(limit);
        return database.inTransaction(connection -> JobHistory.read(connection, job, after, limit));
    }

    /** Lines with higher numbers, in order. */
    public List<LogLine> logs(JobId job, long after, int limit) {
        return rows(
                "SELECT * FROM training_log WHERE job_id = ? AND number > ? ORDER BY number LIMIT ?",
                job,
                after,
                limit,
                row -> new LogLine(
                        row.getLong("number"),
                        JobRows.time(row, "at"),
                        row.getInt("attempt"),
                        JobRows.text(row, "stream"),
                        JobRows.text(row, "line")));
    }

    /** Figures with higher numbers, in order. */
    public List<MetricPoint> metrics(JobId job, long after, int limit) {
        return rows(
                "SELECT * FROM training_metric WHERE job_id = ? AND number > ? ORDER BY number LIMIT ?",
                job,
                after,
                limit,
                row -> new MetricPoint(
                        row.getLong("number"),
                        JobRows.time(row, "at"),
                        row.getInt("attempt"),
                        row.getLong("step"),
                        JobRows.text(row, "name"),
                        row.getDouble("value")));
    }

    private static void requireLimit(int limit) {
        if (limit < 1 || limit > MAX_ROWS) {
            throw new InvalidArgument("limit: " + limit + " (expected: 1 to " + MAX_ROWS + ")");
        }
    }

    private <T> List<T> rows(String query, JobId job, long after, int limit, Reader<T> reader) {
        requireLimit(limit);
        return database.inTransaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(query)) {
                statement.setString(1, job.value());
                statement.setLong(2, after);
                statement.setInt(3, limit);
                try (ResultSet rows = statement.executeQuery()) {
                    List<T> read = new ArrayList<>();
                    while (rows.next()) {
                        read.add(reader.read(rows));
                    }
                    return read;
                }
            }
        });
    }

    /**
     * Adds what a run has told, in the caller's transaction. What is beyond the limits is counted out and not kept; the event of that is written once.
     */
    public static void append(Connection connection, RunKey run, RunOutput output, OutputLimits limits)
            throws SQLException {
        long[] counts = counts(connection, run.job());
        int lines = room(counts[0], limits.maxLines(), output.lines().size());
        int figures = room(counts[1], limits.maxMetrics(), output.metrics().size());
        insertLines(connection, run, output.lines().subList(0, lines), counts[0], limits);
        insertMetrics(connection, run, output.metrics().subList(0, figures), counts[1]);
        boolean full =
                counts[0] < limits.maxLines() && counts[0] + output.lines().size() > limits.maxLines();
        if (full) {
            JobTables.event(
                    connection,
                    run.job(),
                    run.attempt(),
                    JobEvent.Type.NOTE,
                    "output: more than " + limits.maxLines() + " lines; what follows is not kept");
        }
        for (String report : output.reports()) {
            JobTables.event(connection, run.job(), run.attempt(), JobEvent.Type.REPORT, report);
        }
        update(connection, run.job(), lines, figures, output);
    }

    private static int room(long count, int max, int more) {
        return Math.clamp(max - count, 0, more);
    }

    private static long[] counts(Connection connection, JobId job) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT log_count, metric_count FROM training_job WHERE id = ? FOR UPDATE")) {
            statement.setString(1, job.value());
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                return new long[] {rows.getLong(1), rows.getLong(2)};
            }
        }
    }

    private static void insertLines(
            Connection connection, RunKey run, List<RunOutput.Line> lines, long count, OutputLimits limits)
            throws SQLException {
        insert(
                connection,
                "INSERT INTO training_log (job_id, number, at, attempt, stream, line) VALUES (?, ?, clock_timestamp(), ?, ?, ?)",
                run,
                count,
                lines,
                (statement, line) -> {
                    statement.setString(4, line.stream());
                    statement.setString(5, limits.cut(JobTables.printable(line.text())));
                });
    }

    private static void insertMetrics(Connection connection, RunKey run, List<RunOutput.Figure> figures, long count)
            throws SQLException {
        insert(
                connection,
                "INSERT INTO training_metric (job_id, number, at, attempt, step, name, value) VALUES (?, ?, clock_timestamp(), ?, ?, ?, ?)",
                run,
                count,
                figures,
                (statement, figure) -> {
                    statement.setLong(4, figure.step());
                    statement.setString(5, JobTables.printable(figure.name()));
                    statement.setDouble(6, figure.value());
                });
    }

    private interface Filler<T> {
        void fill(PreparedStatement statement, T what) throws SQLException;
    }

    private static <T> void insert(
            Connection connection, String sql, RunKey run, long count, List<T> all, Filler<T> filler)
            throws SQLException {
        if (all.isEmpty()) {
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            long number = count;
            for (T one : all) {
                statement.setString(1, run.job().value());
                statement.setLong(2, ++number);
                statement.setInt(3, run.attempt());
                filler.fill(statement, one);
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    private static void update(Connection connection, JobId job, int lines, int figures, RunOutput output)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                UPDATE training_job SET log_count = log_count + ?, metric_count = metric_count + ?, output_cursor = COALESCE(?, output_cursor),
                    progress_from = CASE WHEN ?::float8 IS NOT NULL AND progress_at IS NULL THEN ? ELSE progress_from END,
                    progress_from_at = CASE WHEN ?::float8 IS NOT NULL AND progress_at IS NULL THEN clock_timestamp() ELSE progress_from_at END,
                    progress = COALESCE(?, progress),
                    progress_at = CASE WHEN ?::float8 IS NOT NULL THEN clock_timestamp() ELSE progress_at END
                WHERE id = ?
                """)) {
            statement.setInt(1, lines);
            statement.setInt(2, figures);
            statement.setString(3, output.cursor().orElse(null));
            for (int index = 4; index <= 8; index++) {
                if (output.progress().isPresent()) {
                    statement.setDouble(index, output.progress().getAsDouble());
                } else {
                    statement.setNull(index, java.sql.Types.DOUBLE);
                }
            }
            statement.setString(9, job.value());
            statement.executeUpdate();
        }
        Database.announce(connection, JobTables.CHANNEL, job.value());
    }
}
