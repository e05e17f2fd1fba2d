package dev.weft.training.backend.worker;

import dev.weft.database.Database;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.time.Deadline;
import dev.weft.training.backend.ExternalRun;
import dev.weft.training.backend.Observation;
import dev.weft.training.backend.OutputPiece;
import dev.weft.training.backend.RunRequest;
import dev.weft.training.backend.TrainingBackend;
import dev.weft.training.job.DataSource;
import dev.weft.training.job.EndReason;
import dev.weft.training.job.RunKey;
import dev.weft.training.runtime.RuntimeEvent;
import dev.weft.training.runtime.RuntimeExit;
import dev.weft.training.runtime.RuntimeJson;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Offers runs to machines that pull work, and sees what has become of them. A run is a row; each change of its state repeats the old one. Thread-safe.
 */
@Singleton
final class PullWorkerBackend implements TrainingBackend {

    private final Database database;
    private final WorkerConfig config;
    private final WorkerUploads uploads;

    PullWorkerBackend(Database database, WorkerConfig config, WorkerUploads uploads) {
        this.database = database;
        this.config = config;
        this.uploads = uploads;
    }

    @Override
    public String name() {
        return "worker";
    }

    @Override
    public Optional<UUID> site() {
        return Optional.empty();
    }

    @Override
    public int maxRuns() {
        return config.maxRuns();
    }

    @Override
    public ExternalRun submit(RunRequest request, Deadline deadline) {
        int offered = database.inTransaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement("""
                    INSERT INTO training_worker_run (run_key, job_id, attempt, runtime, runtime_definition, parameters, data_uri, data_file,
                        data_bytes, cpu_millis, memory_bytes, gpus, offered_at, deadline_at, state)
                    VALUES (?, ?, ?, ?, ?::json, ?::json, ?, ?, ?, ?, ?, ?, clock_timestamp(), clock_timestamp() + ? * INTERVAL '1 ms', 'OFFERED')
                    ON CONFLICT (run_key) DO NOTHING
                    """)) {
                fill(statement, request);
                return statement.executeUpdate();
            }
        });
        if (offered == 0 && state(request.key()).equals(Optional.of("CANCELLED"))) {
            throw new FailedPrecondition("run " + request.key() + ": cancelled before it was begun");
        }
        return external(request.key());
    }

    private static void fill(PreparedStatement statement, RunRequest request) throws SQLException {
        statement.setString(1, request.key().toString());
        statement.setString(2, request.key().job().value());
        statement.setInt(3, request.key().attempt());
        statement.setString(4, request.runtime().name());
        statement.setString(5, RuntimeJson.write(request.runtime()));
        statement.setString(6, request.parameters());
        statement.setNull(7, Types.VARCHAR);
        statement.setNull(8, Types.VARCHAR);
        statement.setLong(9, 0);
        switch (request.data()) {
            case DataSource.None _ -> {}
            case DataSource.Reference(String uri) -> statement.setString(7, uri);
            case DataSource.Stored(String fileName, long bytes) -> {
                statement.setString(8, fileName);
                statement.setLong(9, bytes);
            }
        }
        statement.setInt(10, request.resources().cpuMillis());
        statement.setLong(11, request.resources().memoryBytes());
        statement.setInt(12, request.resources().gpus());
        statement.setLong(13, request.timeLeft().toMillis());
    }

    private static ExternalRun external(RunKey key) {
        return new ExternalRun(key, "offer " + key);
    }

    private Optional<String> state(RunKey key) {
        return database.inTransaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement("SELECT state FROM training_worker_run WHERE run_key = ?")) {
                statement.setString(1, key.toString());
                try (ResultSet rows = statement.executeQuery()) {
                    return rows.next() ? Optional.ofNullable(rows.getString(1)) : Optional.empty();
                }
            }
        });
    }

    @Override
    public Optional<ExternalRun> find(RunKey key, Deadline deadline) {
        return state(key).map(_ -> external(key));
    }

    @Override
    public Observation observe(RunKey key, Deadline deadline) {
        return database.inTransaction(connection -> {
            expire(connection, key);
            try (PreparedStatement statement = connection.prepareStatement(
                    "SELECT state, reason, retryable, given_back, metrics FROM training_worker_run WHERE run_key = ?")) {
                statement.setString(1, key.toString());
                try (ResultSet row = statement.executeQuery()) {
                    return row.next() ? observation(row) : new Observation.Missing();
                }
            }
        });
    }

    /**
     * A run whose worker has been silent for too long has failed, and one that goes on though it was told to stop is given up. The worker's later calls
     * find another state, and so are refused.
     */
    private void expire(java.sql.Connection connection, RunKey key) throws SQLException {
        try (PreparedStatement lost = connection.prepareStatement("""
                        UPDATE training_worker_run SET state = CASE WHEN stop_requested_at IS NULL THEN 'FAILED' ELSE 'CANCELLED' END,
                            retryable = TRUE, reason = 'worker ' || lease_owner || ' has not been heard of'
                        WHERE run_key = ? AND state = 'CLAIMED' AND lease_until <= clock_timestamp()
                        """);
                PreparedStatement stubborn = connection.prepareStatement("""
                        UPDATE training_worker_run SET state = 'CANCELLED'
                        WHERE run_key = ? AND state = 'CLAIMED' AND stop_requested_at <= clock_timestamp() - ? * INTERVAL '1 ms'
                        """)) {
            lost.setString(1, key.toString());
            stubborn.setString(1, key.toString());
            stubborn.setLong(2, config.grace().toMillis());
            if (lost.executeUpdate() + stubborn.executeUpdate() > 0) {
                WorkerRuns.removeFiles(connection, key);
            }
        }
    }

    private static Observation observation(ResultSet row) throws SQLException {
        String reason = String.valueOf(row.getString("reason"));
        return switch (String.valueOf(row.getString("state"))) {
            case "OFFERED" -> new Observation.Waiting("no worker that fits has taken it yet");
            case "CLAIMED" -> new Observation.Running();
            case "SUCCEEDED" -> new Observation.Exited(0, List.of(String.valueOf(row.getString("metrics"))));
            case "CANCELLED" -> new Observation.Ended(new EndReason(EndReason.Kind.CANCELLED, "ended"));
            default -> {
                if (row.getBoolean("given_back")) {
                    yield new Observation.GivenBack(reason);
                }
                yield row.getBoolean("retryable")
                        ? new Observation.Ended(new EndReason(EndReason.Kind.INFRASTRUCTURE, reason))
                        : new Observation.Exited(
                                RuntimeExit.BAD_INPUT.code(), List.of(new RuntimeEvent.Failed(reason).line()));
            }
        };
    }

    /** Workers' reports go into the journal when they come. */
    @Override
    public OutputPiece read(RunKey key, String cursor, Deadline deadline) {
        return new OutputPiece(List.of(), cursor, false);
    }

    @Override
    public void cancel(RunKey key, Deadline deadline) {
        database.inTransaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement("""
                    INSERT INTO training_worker_run (run_key, job_id, attempt, offered_at, deadline_at, state)
                    VALUES (?, ?, ?, clock_timestamp(), clock_timestamp(), 'CANCELLED')
                    ON CONFLICT (run_key) DO UPDATE SET
                        state = CASE WHEN training_worker_run.state = 'OFFERED' THEN 'CANCELLED' ELSE training_worker_run.state END,
                        stop_requested_at = COALESCE(training_worker_run.stop_requested_at, clock_timestamp())
                    """)) {
                statement.setString(1, key.toString());
                statement.setString(2, key.job().value());
                statement.setInt(3, key.attempt());
                return statement.executeUpdate();
            }
        });
    }

    @Override
    public Path output(RunKey key, Path scratch, Deadline deadline) {
        if (state(key).isEmpty()) {
            throw new NotFound("run " + key + ": its result is not there any more");
        }
        uploads.writeInto(key, scratch);
        return scratch;
    }

    @Override
    public void discard(RunKey key, Deadline deadline) {
        database.inTransaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(
                    "DELETE FROM training_worker_run WHERE run_key = ? AND state IN ('SUCCEEDED', 'FAILED', 'CANCELLED')")) {
                statement.setString(1, key.toString());
                return statement.executeUpdate();
            }
        });
    }

    @Override
    public List<RunKey> runs(Deadline deadline) {
        return database.inTransaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement("SELECT run_key FROM training_worker_run");
                    ResultSet rows = statement.executeQuery()) {
                List<RunKey> runs = new ArrayList<>();
                while (rows.next()) {
                    RunKey.parse(String.valueOf(rows.getString(1))).ifPresent(runs::add);
                }
                return runs;
            }
        });
    }
}
