package dev.weft.training.job;

import dev.weft.database.Database;
import dev.weft.database.lease.Lease;
import dev.weft.database.lease.Leases;
import dev.weft.kit.error.Failure.Aborted;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.util.Optional;

/**
 * What the holder of a job's lease writes. Each method is one transaction that first locks the row and checks the lease's fencing token, and each move
 * repeats the state that it starts from: whoever has been away for too long changes nothing, and hears {@link Aborted}. Blocking; thread-safe.
 */
@Singleton
public class JobSteps {

    private final Database database;

    JobSteps(Database database) {
        this.database = database;
    }

    /**
     * A job that this process may work on.
     *
     * @param leases the lease is of
     */
    public record Held(Leases<String> leases, Lease<String> lease) {

        /** The job's. */
        public JobId job() {
            return new JobId(lease.key());
        }
    }

    /** Reads the job and counts the step as begun. */
    public TrainingJob begin(Held held) {
        return database.inTransaction(connection -> {
            held.leases().require(connection, held.lease());
            try (PreparedStatement statement = connection.prepareStatement(
                    "UPDATE training_job SET steps_unfinished = steps_unfinished + 1 WHERE id = ? RETURNING "
                            + JobRows.COLUMNS)) {
                statement.setString(1, held.lease().key());
                return JobTables.jobs(statement).getFirst();
            }
        });
    }

    /**
     * Moves the job from one state to another.
     *
     * @return the job after it
     * @throws Aborted when the lease or the state is no longer what the caller believes
     */
    public TrainingJob move(Held held, JobState from, JobState to, JobEvent.Type type, String message) {
        return move(held, from, to, Optional.empty(), type, message);
    }

    /** As {@link #move}, and keeps the event by which the run told what it has made. */
    public TrainingJob succeed(Held held, JobState from, JobState.Succeeded to, String result, String message) {
        return move(held, from, to, Optional.of(JobTables.printable(result)), JobEvent.Type.SUCCEEDED, message);
    }

    /** As {@link #move}, and lets the job have one more attempt in the place of the one that was given back. */
    public TrainingJob giveBack(Held held, JobState from, JobState.Queued to, String message) {
        return database.inTransaction(connection -> {
            held.leases().require(connection, held.lease());
            update(connection, held.job(), from, to, Optional.empty());
            try (PreparedStatement statement =
                    connection.prepareStatement("UPDATE training_job SET given_back = given_back + 1 WHERE id = ?")) {
                statement.setString(1, held.job().value());
                statement.executeUpdate();
            }
            JobTables.event(connection, held.job(), to.attempt(), JobEvent.Type.RETURNED, message);
            return TrainingJobRepository.one(connection, held.job());
        });
    }

    private TrainingJob move(
            Held held, JobState from, JobState to, Optional<String> result, JobEvent.Type type, String message) {
        return database.inTransaction(connection -> {
            held.leases().require(connection, held.lease());
            update(connection, held.job(), from, to, result);
            JobTables.event(connection, held.job(), to.attempt(), type, message);
            return TrainingJobRepository.one(connection, held.job());
        });
    }

    /**
     * Moves the job to a backend, unless that has as many runs as it may have. Two dispatchers at once: the advisory lock lets one count and move
     * before the other counts.
     *
     * @return empty when there is no room
     */
    public Optional<TrainingJob> dispatch(
            Held held, TrainingJob job, JobState.Queued from, JobState.Dispatched to, int maxRuns) {
        String backend = job.spec().backend();
        Optional<String> site = to.run().site();
        return database.inTransaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement("SELECT pg_advisory_xact_lock(hashtext(?), hashtext(?))")) {
                statement.setString(1, "training_job " + backend);
                statement.setString(2, site.orElse(""));
                statement.execute();
            }
            held.leases().require(connection, held.lease());
            if (runs(connection, backend, site) >= maxRuns) {
                return Optional.<TrainingJob>empty();
            }
            update(connection, held.job(), from, to, Optional.empty());
            JobTables.event(
                    connection,
                    held.job(),
                    to.attempt(),
                    JobEvent.Type.DISPATCHED,
                    "attempt " + to.attempt() + " goes to " + backend);
            return Optional.of(TrainingJobRepository.one(connection, held.job()));
        });
    }

    /** How many more runs a backend may have now; {@link #dispatch} looks again. */
    public int room(String backend, Optional<String> site, int maxRuns) {
        return database.inTransaction(connection -> (int) Math.max(0, maxRuns - runs(connection, backend, site)));
    }

    private static long runs(Connection connection, String backend, Optional<String> site) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                SELECT count(*) FROM training_job
                WHERE NOT ended AND backend = ? AND state IN ('DISPATCHED', 'RUNNING', 'STOPPING') AND site IS NOT DISTINCT FROM ?
                """)) {
            statement.setString(1, backend);
            text(statement, 2, site);
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                return rows.getLong(1);
            }
        }
    }

    private static void update(Connection connection, JobId job, JobState from, JobState to, Optional<String> result)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                UPDATE training_job SET state = ?, ended = ?, attempt = ?, external_id = ?, site = ?, reason_kind = ?, reason = ?,
                    model_uri = ?, model_version = ?, promoted = ?, note = '', steps_failed = 0, site_lost = FALSE,
                    state_since = CASE WHEN state = ? THEN state_since ELSE clock_timestamp() END,
                    output_cursor = CASE WHEN attempt = ? THEN output_cursor ELSE '' END,
                    progress = CASE WHEN attempt = ? THEN progress ELSE 0 END,
                    progress_at = CASE WHEN attempt = ? THEN progress_at END, result = ?
                WHERE id = ? AND state = ? AND attempt = ?
                """)) {
            Optional<EndReason> reason = reason(to);
            Optional<JobState.Publication> publication =
                    to instanceof JobState.Published(int _, JobState.Publication p) ? Optional.of(p) : Optional.empty();
            statement.setString(1, to.code());
            statement.setBoolean(2, to.isEnd());
            statement.setInt(3, to.attempt());
            text(statement, 4, to.currentRun().flatMap(JobState.Run::externalId));
            text(statement, 5, to.currentRun().flatMap(JobState.Run::site));
            text(statement, 6, reason.map(r -> r.kind().name()));
            text(statement, 7, reason.map(r -> JobTables.printable(r.message())));
            text(statement, 8, publication.map(JobState.Publication::uri));
            text(statement, 9, publication.map(JobState.Publication::version));
            statement.setBoolean(
                    10, publication.isPresent() && publication.get().promoted());
            statement.setString(11, to.code());
            for (int index = 12; index <= 14; index++) {
                statement.setInt(index, to.attempt());
            }
            text(statement, 15, result);
            statement.setString(16, job.value());
            statement.setString(17, from.code());
            statement.setInt(18, from.attempt());
            if (statement.executeUpdate() == 0) {
                throw new Aborted("job " + job + ": no longer " + from.code() + " (expected: as the step found it)");
            }
        }
    }

    private static Optional<EndReason> reason(JobState state) {
        return switch (state) {
            case JobState.Stopping(JobState.Run _, EndReason reason) -> Optional.of(reason);
            case JobState.Failed(int _, EndReason reason) -> Optional.of(reason);
            case JobState.Cancelled(int _, EndReason reason) -> Optional.of(reason);
            case JobState.Queued _,
                    JobState.Dispatched _,
                    JobState.Running _,
                    JobState.Succeeded _,
                    JobState.Published _ -> Optional.empty();
        };
    }

    /** Keeps what the run has told; with the cursor in the same transaction, so that nothing is kept twice and nothing lost. */
    public void keep(Held held, RunKey run, RunOutput output, OutputLimits limits) {
        database.inTransaction(connection -> {
            held.leases().require(connection, held.lease());
            JobJournal.append(connection, run, output, limits);
            return true;
        });
    }

    /** Writes why the job waits; the event of it only when that is news. */
    public void note(Held held, TrainingJob job, String note) {
        if (note.equals(job.note())) {
            return;
        }
        database.inTransaction(connection -> {
            held.leases().require(connection, held.lease());
            try (PreparedStatement statement =
                    connection.prepareStatement("UPDATE training_job SET note = ? WHERE id = ?")) {
                statement.setString(1, JobTables.printable(note));
                statement.setString(2, held.lease().key());
                statement.executeUpdate();
            }
            if (!note.isEmpty()) {
                JobTables.event(connection, held.job(), job.state().attempt(), JobEvent.Type.NOTE, note);
            }
            return true;
        });
    }

    /**
     * Ends the step and the lease; the next step comes after the rest. Somebody who has asked for the job's end since the step began is not kept
     * waiting: his transaction and this one lock the same row, so either this one sees his wish, or he finds the row resting and wakes it.
     *
     * @param failed whether the step ended with an error
     */
    public void rest(Held held, boolean failed, Duration rest) {
        database.inTransaction(connection -> {
            held.leases().require(connection, held.lease());
            try (PreparedStatement statement = connection.prepareStatement("""
                    UPDATE training_job SET steps_unfinished = 0, steps_failed = CASE WHEN ? THEN steps_failed + 1 ELSE 0 END
                    WHERE id = ? RETURNING cancel_requested_at IS NOT NULL AND state IN ('QUEUED', 'DISPATCHED', 'RUNNING')
                    """)) {
                statement.setBoolean(1, failed);
                statement.setString(2, held.lease().key());
                try (ResultSet rows = statement.executeQuery()) {
                    boolean cancelled = rows.next() && rows.getBoolean(1);
                    held.leases().rest(connection, held.lease(), cancelled && !failed ? Duration.ZERO : rest);
                }
            }
            return true;
        });
    }

    private static void text(PreparedStatement statement, int index, Optional<String> value) throws SQLException {
        if (value.isPresent()) {
            statement.setString(index, value.get());
        } else {
            statement.setNull(index, Types.VARCHAR);
        }
    }
}
