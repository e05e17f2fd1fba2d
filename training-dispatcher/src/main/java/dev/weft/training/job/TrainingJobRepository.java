package dev.weft.training.job;

import dev.weft.database.Database;
import dev.weft.kit.error.Failure.AlreadyExists;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.error.Failure.ResourceExhausted;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** Jobs as clients see them: they submit them, look at them and ask for their end. Blocking; thread-safe. */
@Singleton
public class TrainingJobRepository {

    private static final Duration QUEUE_PAUSE = Duration.ofSeconds(10);

    private final Database database;
    private final JobLeases leases;

    TrainingJobRepository(Database database, JobLeases leases) {
        this.database = database;
        this.leases = leases;
    }

    /**
     * A job that was submitted.
     *
     * @param created false when its idempotency key had been used for the same job before
     */
    public record Submitted(TrainingJob job, boolean created) {}

    /**
     * Takes a job. Two calls with one idempotency key at once: the unique index lets one insert, and the other finds what that one has inserted.
     *
     * @param maxOpen how many jobs may be there that have not ended
     * @throws AlreadyExists when the idempotency key belongs to another job
     * @throws ResourceExhausted when too many jobs are there
     */
    public Submitted submit(NewJob job, int maxOpen) {
        String digest = digest(job);
        return database.inTransaction(connection -> {
            Optional<Submitted> before = sameBefore(connection, job, digest);
            if (before.isPresent()) {
                return before.get();
            }
            requireRoom(connection, maxOpen);
            JobId id = JobId.random();
            if (!insert(connection, id, job, digest)) {
                return sameBefore(connection, job, digest).orElseThrow();
            }
            if (job.content().isPresent()) {
                insertData(connection, id, job.content().get());
            }
            JobTables.event(
                    connection,
                    id,
                    0,
                    JobEvent.Type.SUBMITTED,
                    "submitted for " + job.spec().backend());
            return new Submitted(one(connection, id), true);
        });
    }

    private static Optional<Submitted> sameBefore(Connection connection, NewJob job, String digest)
            throws SQLException {
        if (job.idempotencyKey().isEmpty()) {
            return Optional.empty();
        }
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT id, request_digest FROM training_job WHERE owner = ? AND idempotency_key = ?")) {
            statement.setString(1, job.owner());
            statement.setString(2, job.idempotencyKey().get());
            try (ResultSet rows = statement.executeQuery()) {
                if (!rows.next()) {
                    return Optional.empty();
                }
                if (!JobRows.text(rows, "request_digest").equals(digest)) {
                    throw new AlreadyExists(
                            "idempotency_key: '" + job.idempotencyKey().get() + "' belongs to job "
                                    + rows.getString("id") + " (expected: a key of its own for another job)");
                }
                return Optional.of(new Submitted(one(connection, new JobId(JobRows.text(rows, "id"))), false));
            }
        }
    }

    private static void requireRoom(Connection connection, int maxOpen) throws SQLException {
        try (PreparedStatement statement =
                        connection.prepareStatement("SELECT count(*) FROM training_job WHERE NOT ended");
                ResultSet rows = statement.executeQuery()) {
            rows.next();
            if (rows.getLong(1) >= maxOpen) {
                throw new ResourceExhausted(
                        "jobs: " + maxOpen + " that have not ended (expected: room for one more)", QUEUE_PAUSE);
            }
        }
    }

    private static boolean insert(Connection connection, JobId id, NewJob job, String digest) throws SQLException {
        JobSpec spec = job.spec();
        try (PreparedStatement statement = connection.prepareStatement("""
                INSERT INTO training_job (id, owner, idempotency_key, request_digest, runtime, runtime_definition, parameters, data_uri, data_file,
                    data_bytes, backend, cpu_millis, memory_bytes, gpus, max_attempts, labels, publish_model, publish_store, publish_metric,
                    publish_margin, created_at, deadline_at, state, state_since, ended, attempt)
                VALUES (?, ?, ?, ?, ?, ?::json, ?::json, ?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?, ?, ?, ?, now(),
                    now() + ? * INTERVAL '1 ms', 'QUEUED', now(), FALSE, 0)
                ON CONFLICT (owner, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
                """)) {
            statement.setString(1, id.value());
            statement.setString(2, job.owner());
            optional(statement, 3, job.idempotencyKey());
            statement.setString(4, digest);
            statement.setString(5, spec.runtime());
            statement.setString(6, job.runtimeDefinition());
            statement.setString(7, spec.parameters());
            setData(statement, spec.data());
            statement.setString(11, spec.backend());
            statement.setInt(12, spec.resources().cpuMillis());
            statement.setLong(13, spec.resources().memoryBytes());
            statement.setInt(14, spec.resources().gpus());
            statement.setInt(15, spec.maxAttempts());
            statement.setString(16, JobRows.json(spec.labels()));
            optional(statement, 17, spec.publish().map(PublishTarget::model));
            optional(statement, 18, spec.publish().flatMap(PublishTarget::store));
            optional(statement, 19, spec.publish().flatMap(PublishTarget::metric));
            statement.setDouble(20, spec.publish().map(PublishTarget::margin).orElse(0.0));
            statement.setLong(21, spec.deadline().toMillis());
            return statement.executeUpdate() == 1;
        }
    }

    private static void setData(PreparedStatement statement, DataSource data) throws SQLException {
        switch (data) {
            case DataSource.None _ -> {
                optional(statement, 8, Optional.empty());
                optional(statement, 9, Optional.empty());
                statement.setLong(10, 0);
            }
            case DataSource.Reference(String uri) -> {
                statement.setString(8, uri);
                optional(statement, 9, Optional.empty());
                statement.setLong(10, 0);
            }
            case DataSource.Stored(String fileName, long bytes) -> {
                optional(statement, 8, Optional.empty());
                statement.setString(9, fileName);
                statement.setLong(10, bytes);
            }
        }
    }

    private static void insertData(Connection connection, JobId id, byte[] content) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("INSERT INTO training_data (job_id, content) VALUES (?, ?)")) {
            statement.setString(1, id.value());
            statement.setBytes(2, content);
            statement.executeUpdate();
        }
    }

    /** A job. */
    public Optional<TrainingJob> find(JobId id) {
        return database.inTransaction(connection -> find(connection, id));
    }

    /**
     * A job.
     *
     * @throws NotFound when there is none
     */
    public TrainingJob get(JobId id) {
        return find(id).orElseThrow(() -> missing(id));
    }

    static TrainingJob one(Connection connection, JobId id) throws SQLException {
        return find(connection, id).orElseThrow(() -> missing(id));
    }

    private static Optional<TrainingJob> find(Connection connection, JobId id) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT " + JobRows.COLUMNS + " FROM training_job WHERE id = ?")) {
            statement.setString(1, id.value());
            return JobTables.jobs(statement).stream().findFirst();
        }
    }

    private static NotFound missing(JobId id) {
        return new NotFound("job: " + id + " (expected: one that exists)");
    }

    /** Jobs, the youngest first. */
    public List<TrainingJob> list(JobFilter filter) {
        return database.inTransaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement("SELECT " + JobRows.COLUMNS + """
                     FROM training_job
                    WHERE (?::text IS NULL OR owner = ?) AND (cardinality(?::text[]) = 0 OR state = ANY (?)) AND labels @> ?::jsonb
                        AND (?::text IS NULL OR (created_at, id) < (SELECT created_at, id FROM training_job WHERE id = ?))
                    ORDER BY created_at DESC, id DESC LIMIT ?
                    """)) {
                java.sql.Array states =
                        connection.createArrayOf("text", filter.states().toArray());
                optional(statement, 1, filter.owner());
                optional(statement, 2, filter.owner());
                statement.setArray(3, states);
                statement.setArray(4, states);
                statement.setString(5, JobRows.json(filter.labels()));
                optional(statement, 6, filter.before());
                optional(statement, 7, filter.before());
                statement.setInt(8, filter.limit());
                return JobTables.jobs(statement);
            }
        });
    }

    /**
     * Asks for a job's end. The holder of its lease sees it at his next step, or when he ends the present one; see {@link JobSteps#rest}.
     *
     * @throws NotFound when there is no such job
     */
    public TrainingJob requestCancel(JobId id, String reason) {
        return database.inTransaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement("""
                    UPDATE training_job SET cancel_requested_at = clock_timestamp(), cancel_reason = ?
                    WHERE id = ? AND NOT ended AND cancel_requested_at IS NULL
                    """)) {
                statement.setString(1, JobTables.printable(reason));
                statement.setString(2, id.value());
                if (statement.executeUpdate() == 1) {
                    TrainingJob job = one(connection, id);
                    JobTables.event(connection, id, job.state().attempt(), JobEvent.Type.CANCEL_REQUESTED, reason);
                    leases.wake(connection, id);
                }
            }
            return one(connection, id);
        });
    }

    /** The data that came with a job. */
    public Optional<byte[]> data(JobId id) {
        return database.inTransaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement("SELECT content FROM training_data WHERE job_id = ?")) {
                statement.setString(1, id.value());
                try (ResultSet rows = statement.executeQuery()) {
                    return rows.next() ? Optional.ofNullable(rows.getBytes(1)) : Optional.empty();
                }
            }
        });
    }

    /** Removes the data that came with jobs which ended that long ago. */
    public int removeData(Duration endedFor) {
        return database.inTransaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement("""
                    DELETE FROM training_data USING training_job
                    WHERE training_job.id = training_data.job_id AND ended AND state_since < clock_timestamp() - ? * INTERVAL '1 ms'
                    """)) {
                statement.setLong(1, endedFor.toMillis());
                return statement.executeUpdate();
            }
        });
    }

    /**
     * Forgets jobs that ended that long ago, with all that is known of them.
     *
     * @param most of them
     * @return how many there were
     */
    public int removeEnded(Duration endedFor, int most) {
        return database.inTransaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement("""
                    DELETE FROM training_job WHERE id IN (
                        SELECT id FROM training_job WHERE ended AND state_since < clock_timestamp() - ? * INTERVAL '1 ms'
                        ORDER BY state_since, id LIMIT ? FOR UPDATE SKIP LOCKED)""")) {
                statement.setLong(1, endedFor.toMillis());
                statement.setInt(2, most);
                return statement.executeUpdate();
            }
        });
    }

    private static String digest(NewJob job) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update(job.spec().canonical().getBytes(StandardCharsets.UTF_8));
            job.content().ifPresent(sha256::update);
            return HexFormat.of().formatHex(sha256.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    private static void optional(PreparedStatement statement, int index, Optional<String> value) throws SQLException {
        if (value.isPresent()) {
            statement.setString(index, value.get());
        } else {
            statement.setNull(index, Types.VARCHAR);
        }
    }
}
