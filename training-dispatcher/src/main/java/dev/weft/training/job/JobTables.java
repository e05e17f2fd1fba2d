package dev.weft.training.job;

import dev.weft.database.Database;
import dev.weft.database.lease.LeaseTable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;

/** What several classes here do with the jobs' tables, and the parts of {@code training_job} that dispatchers claim. */
public final class JobTables {

    /** Of {@link Database#announce}: the payload is the id of the job that has changed. */
    public static final String CHANNEL = "training_job";

    private static final LeaseTable.Columns LEASE = new LeaseTable.Columns("lease_owner", "lease_until", "claims");
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,62}");

    private JobTables() {}

    /**
     * Jobs that wait for their first or next attempt on a backend, the oldest first.
     *
     * @param backend a backend's name: part of a statement, and so checked
     */
    public static LeaseTable<String> queued(String backend) {
        if (!NAME.matcher(backend).matches()) {
            throw new IllegalArgumentException("backend: " + backend + " (expected: " + NAME + ")");
        }
        return new LeaseTable<>(
                "training_job",
                "id",
                String.class,
                LEASE,
                "NOT ended AND state = 'QUEUED' AND backend = '" + backend + "'",
                "created_at, id");
    }

    /** Jobs that somebody must look after, whatever room there is; of those that one place alone can reach, only this place's and lost ones. */
    public static LeaseTable<String> active(UUID site) {
        return new LeaseTable<>(
                "training_job",
                "id",
                String.class,
                LEASE,
                "NOT ended AND (state <> 'QUEUED' OR cancel_requested_at IS NOT NULL OR deadline_at <= statement_timestamp())"
                        + " AND (site IS NULL OR site = '" + site + "' OR site_lost)",
                "lease_until NULLS FIRST, id");
    }

    /** Writes the job's next event; the row of the job is locked from here on. */
    static void event(Connection connection, JobId job, int attempt, JobEvent.Type type, String message)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                WITH numbered AS (
                    UPDATE training_job SET event_count = event_count + 1 WHERE id = ? RETURNING event_count)
                INSERT INTO training_event (job_id, number, at, attempt, type, message)
                SELECT ?, event_count, clock_timestamp(), ?, ?, ? FROM numbered
                """)) {
            statement.setString(1, job.value());
            statement.setString(2, job.value());
            statement.setInt(3, attempt);
            statement.setString(4, type.name());
            statement.setString(5, printable(message));
            statement.executeUpdate();
        }
        Database.announce(connection, CHANNEL, job.value());
    }

    /** PostgreSQL's texts take every character but this one. */
    static String printable(String text) {
        return text.indexOf('\0') < 0 ? text : text.replace("\0", "\\0");
    }

    static List<TrainingJob> jobs(PreparedStatement statement) throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            List<TrainingJob> jobs = new java.util.ArrayList<>();
            while (rows.next()) {
                jobs.add(JobRows.read(rows));
            }
            return jobs;
        }
    }
}
