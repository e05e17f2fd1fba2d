package dev.weft.training.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.kit.error.Failure.Internal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Rows of {@code training_job} as {@link TrainingJob}s. */
final class JobRows {

    /** What a statement must select, or return, for {@link #read}. */
    static final String COLUMNS = """
            id, owner, idempotency_key, runtime, runtime_definition, parameters, data_uri, data_file, data_bytes, backend, cpu_millis,
            memory_bytes, gpus, max_attempts, labels, publish_model, publish_store, publish_metric, publish_margin, created_at, deadline_at,
            cancel_requested_at, cancel_reason, state, state_since, ended, attempt, external_id, site, site_lost, reason_kind, reason, note, result,
            model_uri, model_version, promoted, output_cursor, progress, progress_at, progress_from, progress_from_at, event_count, log_count,
            metric_count, given_back, steps_unfinished, steps_failed, clock_timestamp() AS read_at
            """;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TypeReference<Map<String, String>> TEXTS = new TypeReference<>() {};

    private JobRows() {}

    static TrainingJob read(ResultSet row) throws SQLException {
        JobId id = new JobId(text(row, "id"));
        Instant created = time(row, "created_at");
        return new TrainingJob(
                id,
                text(row, "owner"),
                optional(row, "idempotency_key"),
                spec(row, Duration.between(created, time(row, "deadline_at"))),
                text(row, "runtime_definition"),
                created,
                time(row, "deadline_at"),
                row.getTimestamp("cancel_requested_at") == null
                        ? Optional.empty()
                        : Optional.of(optional(row, "cancel_reason").orElse("")),
                state(row, id),
                time(row, "state_since"),
                row.getBoolean("site_lost"),
                text(row, "note"),
                progress(row),
                new TrainingJob.Counts(
                        row.getLong("event_count"), row.getLong("log_count"), row.getLong("metric_count")),
                text(row, "output_cursor"),
                optional(row, "result"),
                row.getInt("given_back"),
                row.getInt("steps_unfinished"),
                row.getInt("steps_failed"),
                time(row, "read_at"));
    }

    private static JobSpec spec(ResultSet row, Duration deadline) throws SQLException {
        Optional<String> uri = optional(row, "data_uri");
        Optional<String> file = optional(row, "data_file");
        DataSource data = uri.isPresent()
                ? new DataSource.Reference(uri.get())
                : file.isPresent()
                        ? new DataSource.Stored(file.get(), row.getLong("data_bytes"))
                        : new DataSource.None();
        Optional<PublishTarget> publish = Optional.empty();
        Optional<String> model = optional(row, "publish_model");
        if (model.isPresent()) {
            publish = Optional.of(new PublishTarget(
                    model.get(),
                    optional(row, "publish_store"),
                    optional(row, "publish_metric"),
                    row.getDouble("publish_margin")));
        }
        return new JobSpec(
                text(row, "runtime"),
                text(row, "parameters"),
                data,
                text(row, "backend"),
                new ResourceRequest(row.getInt("cpu_millis"), row.getLong("memory_bytes"), row.getInt("gpus")),
                deadline,
                row.getInt("max_attempts"),
                texts(text(row, "labels")),
                publish);
    }

    private static JobState state(ResultSet row, JobId id) throws SQLException {
        int attempt = row.getInt("attempt");
        String code = text(row, "state");
        return switch (code) {
            case "QUEUED" -> new JobState.Queued(attempt);
            case "DISPATCHED" -> new JobState.Dispatched(run(row, id, attempt));
            case "RUNNING" -> new JobState.Running(run(row, id, attempt));
            case "STOPPING" -> new JobState.Stopping(run(row, id, attempt), reason(row));
            case "SUCCEEDED" -> new JobState.Succeeded(run(row, id, attempt), !row.getBoolean("ended"));
            case "PUBLISHED" ->
                new JobState.Published(
                        attempt,
                        new JobState.Publication(
                                text(row, "model_uri"), text(row, "model_version"), row.getBoolean("promoted")));
            case "FAILED" -> new JobState.Failed(attempt, reason(row));
            case "CANCELLED" -> new JobState.Cancelled(attempt, reason(row));
            default -> throw new Internal("training_job " + id + ": state " + code, null);
        };
    }

    private static JobState.Run run(ResultSet row, JobId id, int attempt) throws SQLException {
        return new JobState.Run(new RunKey(id, attempt), optional(row, "site"), optional(row, "external_id"));
    }

    private static EndReason reason(ResultSet row) throws SQLException {
        return new EndReason(EndReason.Kind.valueOf(text(row, "reason_kind")), text(row, "reason"));
    }

    private static Optional<Progress> progress(ResultSet row) throws SQLException {
        Timestamp at = row.getTimestamp("progress_at");
        return at == null
                ? Optional.empty()
                : Optional.of(new Progress(
                        row.getDouble("progress"),
                        at.toInstant(),
                        row.getDouble("progress_from"),
                        time(row, "progress_from_at")));
    }

    static String text(ResultSet row, String column) throws SQLException {
        return Objects.requireNonNull(row.getString(column), column);
    }

    static Optional<String> optional(ResultSet row, String column) throws SQLException {
        @Nullable String value = row.getString(column);
        return Optional.ofNullable(value);
    }

    static Instant time(ResultSet row, String column) throws SQLException {
        return Objects.requireNonNull(row.getTimestamp(column), column).toInstant();
    }

    static Map<String, String> texts(String json) {
        try {
            return JSON.readValue(json, TEXTS);
        } catch (JsonProcessingException e) {
            throw new Internal("a map in training_job cannot be read", e);
        }
    }

    static String json(Map<String, String> texts) {
        try {
            return JSON.writeValueAsString(texts);
        } catch (JsonProcessingException e) {
            throw new Internal("a map for training_job cannot be written", e);
        }
    }
}
