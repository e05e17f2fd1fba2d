package dev.weft.training.backend.worker;

import dev.weft.database.Database;
import dev.weft.database.lease.LeaseTable;
import dev.weft.database.lease.RemoteLeases;
import dev.weft.database.lease.RemoteLeases.Claimed;
import dev.weft.kit.error.Failure.Aborted;
import dev.weft.training.job.JobJournal;
import dev.weft.training.job.JobsConfig;
import dev.weft.training.job.ResourceRequest;
import dev.weft.training.job.RunKey;
import dev.weft.training.job.RunOutput;
import dev.weft.training.runtime.RuntimeEvent;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** What workers do with the runs that are offered. Every call but the first names the run and the token of its lease. Blocking; thread-safe. */
@Singleton
public class WorkerRuns {

    /** Offers that are looked at for one that fits, the oldest first. */
    private static final int LOOKED_AT = 50;

    static final LeaseTable<String> TABLE = new LeaseTable<>(
            "training_worker_run",
            "run_key",
            String.class,
            new LeaseTable.Columns("lease_owner", "lease_until", "claims"),
            "state = 'OFFERED'",
            "offered_at, run_key");

    private final Database database;
    private final WorkerConfig config;
    private final JobsConfig limits;
    private final RemoteLeases<String> leases = new RemoteLeases<>(TABLE);

    WorkerRuns(Database database, WorkerConfig config, JobsConfig limits) {
        this.database = database;
        this.config = config;
        this.limits = limits;
    }

    /** A run that a worker holds, as his calls name it. */
    public record HeldRun(String worker, RunKey key, long token) {

        Claimed<String> claimed() {
            return new Claimed<>(key.toString(), token);
        }
    }

    /**
     * A run that a worker has got.
     *
     * @param runtimeDefinition as JSON
     * @param dataUri empty where the data lie here
     * @param dataFile empty where they do not
     */
    public record Offer(
            RunKey key,
            long token,
            String runtimeDefinition,
            String parameters,
            ResourceRequest resources,
            Optional<String> dataUri,
            Optional<String> dataFile,
            long dataBytes,
            Instant deadlineAt) {}

    /** How long a lease lasts. */
    public Duration term() {
        return config.leaseTerm();
    }

    /**
     * Gives a worker the oldest run that fits him.
     *
     * @param runtimes that he can run; empty for any
     * @param resources that he has
     */
    public Optional<Offer> claim(String worker, List<String> runtimes, ResourceRequest resources) {
        return database.inTransaction(connection -> {
            Optional<Offer> chosen = Optional.empty();
            for (Claimed<String> claimed : leases.claim(connection, worker, config.leaseTerm(), LOOKED_AT)) {
                Offer offer = offer(connection, claimed);
                boolean fits = chosen.isEmpty()
                        && resources.holds(offer.resources())
                        && (runtimes.isEmpty() || runtimes.contains(runtime(connection, claimed.key())));
                if (fits) {
                    chosen = Optional.of(offer);
                    setState(connection, claimed.key(), "CLAIMED");
                } else {
                    leases.release(connection, claimed, worker);
                }
            }
            return chosen;
        });
    }

    private static Offer offer(Connection connection, Claimed<String> claimed) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT * FROM training_worker_run WHERE run_key = ?")) {
            statement.setString(1, claimed.key());
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return new Offer(
                        RunKey.parse(claimed.key()).orElseThrow(),
                        claimed.token(),
                        Objects.requireNonNull(row.getString("runtime_definition")),
                        Objects.requireNonNull(row.getString("parameters")),
                        new ResourceRequest(row.getInt("cpu_millis"), row.getLong("memory_bytes"), row.getInt("gpus")),
                        Optional.ofNullable(row.getString("data_uri")),
                        Optional.ofNullable(row.getString("data_file")),
                        row.getLong("data_bytes"),
                        Objects.requireNonNull(row.getTimestamp("deadline_at")).toInstant());
            }
        }
    }

    private static String runtime(Connection connection, String key) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT runtime FROM training_worker_run WHERE run_key = ?")) {
            statement.setString(1, key);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return String.valueOf(row.getString(1));
            }
        }
    }

    private static void setState(Connection connection, String key, String state) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("UPDATE training_worker_run SET state = ? WHERE run_key = ?")) {
            statement.setString(1, state);
            statement.setString(2, key);
            statement.executeUpdate();
        }
    }

    /** Keeps a run; true when the worker is to stop it. */
    public boolean heartbeat(HeldRun run) {
        return database.inTransaction(connection -> {
            keep(connection, run);
            return isToStop(connection, run);
        });
    }

    /** As {@link #require}, and renews the lease: whoever tells something of a run has it still. */
    void keep(Connection connection, HeldRun run) throws SQLException {
        require(connection, run);
        leases.renew(connection, run.claimed(), run.worker(), config.leaseTerm());
    }

    /** Locks the run's row, of which the lease must hold and nobody must have decided otherwise. */
    void require(Connection connection, HeldRun run) throws SQLException {
        boolean holds = leases.holds(connection, run.claimed(), run.worker());
        if (holds) {
            try (PreparedStatement statement = connection.prepareStatement(
                    "SELECT 1 FROM training_worker_run WHERE run_key = ? AND state = 'CLAIMED'")) {
                statement.setString(1, run.key().toString());
                try (ResultSet rows = statement.executeQuery()) {
                    holds = rows.next();
                }
            }
        }
        if (!holds) {
            throw new Aborted("run " + run.key() + ": not this worker's any more (expected: stop it)");
        }
    }

    private static boolean isToStop(Connection connection, HeldRun run) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT stop_requested_at IS NOT NULL FROM training_worker_run WHERE run_key = ?")) {
            statement.setString(1, run.key().toString());
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next() && rows.getBoolean(1);
            }
        }
    }

    /**
     * Keeps what a run has told. A report that came before, by its number, changes nothing.
     *
     * @return true when the worker is to stop the run
     */
    public boolean report(HeldRun run, long number, RunOutput output) {
        return database.inTransaction(connection -> {
            keep(connection, run);
            try (PreparedStatement statement = connection.prepareStatement(
                    "UPDATE training_worker_run SET last_report = ? WHERE run_key = ? AND last_report < ?")) {
                statement.setLong(1, number);
                statement.setString(2, run.key().toString());
                statement.setLong(3, number);
                if (statement.executeUpdate() == 1) {
                    JobJournal.append(connection, run.key(), output, limits.outputLimits());
                }
            }
            return isToStop(connection, run);
        });
    }

    /** The run has failed. */
    public void fail(HeldRun run, String reason, boolean retryable) {
        end(run, reason, retryable, false);
    }

    /** The worker gives the run back unfinished; nothing of it has failed. */
    public void giveBack(HeldRun run, String reason) {
        end(run, reason, true, true);
    }

    private void end(HeldRun run, String reason, boolean retryable, boolean givenBack) {
        database.inTransaction(connection -> {
            require(connection, run);
            try (PreparedStatement statement = connection.prepareStatement(
                    "UPDATE training_worker_run SET state = 'FAILED', reason = ?, retryable = ?, given_back = ? WHERE run_key = ?")) {
                statement.setString(1, reason.replace("\0", ""));
                statement.setBoolean(2, retryable);
                statement.setBoolean(3, givenBack);
                statement.setString(4, run.key().toString());
                statement.executeUpdate();
            }
            return removeFiles(connection, run.key());
        });
    }

    /** Removes what has come of the result of a run that has none: nobody goes on with it, as the next attempt is another run. */
    static int removeFiles(Connection connection, RunKey key) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                DELETE FROM training_worker_file USING training_worker_run
                WHERE training_worker_file.run_key = ? AND training_worker_run.run_key = training_worker_file.run_key
                    AND state IN ('FAILED', 'CANCELLED')
                """)) {
            statement.setString(1, key.toString());
            return statement.executeUpdate();
        }
    }

    /** The run has succeeded; its files have been checked. */
    void succeed(Connection connection, HeldRun run, Map<String, Double> metrics) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "UPDATE training_worker_run SET state = 'SUCCEEDED', metrics = ?::json WHERE run_key = ?")) {
            statement.setString(1, new RuntimeEvent.Result("", "", metrics).line());
            statement.setString(2, run.key().toString());
            statement.executeUpdate();
        }
    }
}
