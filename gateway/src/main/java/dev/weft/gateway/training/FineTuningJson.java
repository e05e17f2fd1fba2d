package dev.weft.gateway.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Value;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.protocol.training.v1.Event;
import dev.weft.protocol.training.v1.HistoryEntry;
import dev.weft.protocol.training.v1.Job;
import dev.weft.protocol.training.v1.JobSpec;
import dev.weft.protocol.training.v1.JobState;
import dev.weft.protocol.training.v1.StepMetrics;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Training jobs as OpenAI's clients read them.
 *
 * @see <a href="https://platform.openai.com/docs/api-reference/fine-tuning/object">The fine-tuning job object</a>
 */
final class FineTuningJson {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final String AUTO = "auto";
    private static final String STEP = "step";

    /** What OpenAI calls figures of Weft's own runtimes. */
    private static final Map<String, String> FIGURES = Map.of("loss", "train_loss", "validation_loss", "valid_loss");

    private FineTuningJson() {}

    static ObjectNode job(Job job, Instant now) {
        JobSpec spec = job.getSpec();
        Map<String, Value> parameters = spec.getParameters().getFieldsMap();
        ObjectNode json = JSON.objectNode();
        json.put("id", job.getId()).put("object", "fine_tuning.job");
        json.put("created_at", job.getCreatedAt().getSeconds());
        json.put("finished_at", job.getEnded() ? job.getStateSince().getSeconds() : null);
        json.put("model", text(parameters, Hyperparameters.MODEL));
        json.put("fine_tuned_model", tunedModel(job));
        json.put("organization_id", "").put("status", status(job));
        json.set("error", error(job));
        json.put("training_file", FineTuningSpec.trainingFile(spec)).putNull("validation_file");
        json.putArray("result_files");
        json.putNull("trained_tokens");
        json.put("seed", (long)
                parameters.getOrDefault(Hyperparameters.SEED, zero()).getNumberValue());
        json.put(
                "estimated_finish",
                job.hasTimeLeftMs() ? now.plusMillis(job.getTimeLeftMs()).getEpochSecond() : null);
        json.putArray("integrations");
        ObjectNode hyperparameters = hyperparameters(spec, parameters);
        json.set("hyperparameters", hyperparameters);
        ObjectNode method = json.putObject("method").put("type", "supervised");
        method.putObject("supervised").set("hyperparameters", hyperparameters.deepCopy());
        ObjectNode metadata = json.putObject("metadata");
        FineTuningSpec.metadata(spec).forEach(metadata::put);
        return json;
    }

    /** By which name the model is asked: one that was not better than the version before it has to be named with its own. */
    private static @Nullable String tunedModel(Job job) {
        if (job.getState() != JobState.JOB_STATE_PUBLISHED) {
            return null;
        }
        String name = job.getSpec().getPublish().getModel();
        return job.getPromoted() ? name : name + "@" + job.getModelVersion();
    }

    private static String status(Job job) {
        return switch (job.getState()) {
            case JOB_STATE_QUEUED -> "queued";
            case JOB_STATE_DISPATCHED, JOB_STATE_RUNNING, JOB_STATE_STOPPING -> "running";
            // What is being published has not ended.
            case JOB_STATE_SUCCEEDED -> job.getEnded() ? "succeeded" : "running";
            case JOB_STATE_PUBLISHED -> "succeeded";
            case JOB_STATE_FAILED -> "failed";
            case JOB_STATE_CANCELLED -> "cancelled";
            case JOB_STATE_UNSPECIFIED, UNRECOGNIZED ->
                throw new Internal("training-dispatcher has a job in the state " + job.getState(), null);
        };
    }

    private static JsonNode error(Job job) {
        return job.getState() == JobState.JOB_STATE_FAILED
                ? JSON.objectNode()
                        .put("code", "training_failed")
                        .put("message", job.getReason())
                        .putNull("param")
                : JSON.nullNode();
    }

    /** OpenAI's three, and the runtime's others by their own names. */
    private static ObjectNode hyperparameters(JobSpec spec, Map<String, Value> parameters) {
        ObjectNode json = JSON.objectNode();
        parameters.forEach((name, value) -> {
            switch (name) {
                case Hyperparameters.MODEL, Hyperparameters.SEED -> {}
                case Hyperparameters.OWN_EPOCHS -> json.set(Hyperparameters.EPOCHS, json(value));
                default -> json.set(name, json(value));
            }
        });
        for (String name : List.of(Hyperparameters.EPOCHS, Hyperparameters.BATCH_SIZE, Hyperparameters.MULTIPLIER)) {
            if (!json.has(name)) {
                json.put(name, AUTO);
            }
        }
        String multiplier = FineTuningSpec.multiplier(spec);
        if (!multiplier.isEmpty()) {
            json.set(Hyperparameters.MULTIPLIER, number(multiplier));
        }
        return json;
    }

    /** Labels are anybody's to write, by the jobs' other view. */
    private static JsonNode number(String text) {
        try {
            return JSON.numberNode(Double.parseDouble(text));
        } catch (NumberFormatException _) {
            return JSON.textNode(AUTO);
        }
    }

    private static JsonNode json(Value value) {
        return switch (value.getKindCase()) {
            case NUMBER_VALUE -> {
                double number = value.getNumberValue();
                // Protobuf knows one kind of number, OpenAI's clients two.
                yield number == Math.rint(number) ? JSON.numberNode((long) number) : JSON.numberNode(number);
            }
            case STRING_VALUE -> JSON.textNode(value.getStringValue());
            case BOOL_VALUE -> JSON.booleanNode(value.getBoolValue());
            // No parameter of a runtime is of these kinds.
            case STRUCT_VALUE, LIST_VALUE, NULL_VALUE, KIND_NOT_SET -> JSON.nullNode();
        };
    }

    private static String text(Map<String, Value> parameters, String name) {
        return parameters.getOrDefault(name, zero()).getStringValue();
    }

    private static Value zero() {
        return Value.getDefaultInstance();
    }

    static ObjectNode event(String job, HistoryEntry entry) {
        ObjectNode json = JSON.objectNode();
        json.put("id", FineTuningEvents.id(job, entry)).put("object", "fine_tuning.job.event");
        return entry.hasMetrics() ? metrics(json, entry.getMetrics()) : message(json, entry.getEvent());
    }

    private static ObjectNode metrics(ObjectNode json, StepMetrics step) {
        ObjectNode data = JSON.objectNode().put(STEP, step.getStep());
        StringJoiner message = new StringJoiner(", ", "step " + step.getStep() + ": ", "");
        step.getValuesMap().forEach((own, value) -> {
            String name = FIGURES.getOrDefault(own, own);
            data.put(name, value);
            message.add(name + "=" + value);
        });
        // Whatever a run calls its figures.
        data.put(STEP, step.getStep());
        json.put("created_at", step.getAt().getSeconds()).put("level", "info").put("message", message.toString());
        json.put("type", "metrics").set("data", data);
        return json;
    }

    private static ObjectNode message(ObjectNode json, Event event) {
        json.put("created_at", event.getAt().getSeconds());
        json.put("level", level(event.getType()));
        json.put(
                "message",
                event.getMessage().isEmpty() ? event.getType() : event.getType() + ": " + event.getMessage());
        json.put("type", "message");
        json.putObject("data").put("event", event.getType()).put("attempt", event.getAttempt());
        return json;
    }

    private static String level(String type) {
        return switch (type) {
            case "failed" -> "error";
            case "attempt-failed", "returned", "cancelled" -> "warn";
            default -> "info";
        };
    }

    static ObjectNode list(List<ObjectNode> items, boolean hasMore) {
        ArrayNode data = JSON.arrayNode().addAll(items);
        ObjectNode json = JSON.objectNode().put("object", "list");
        json.set("data", data);
        json.put("first_id", id(items.isEmpty() ? null : items.getFirst()));
        json.put("last_id", id(items.isEmpty() ? null : items.getLast()));
        return json.put("has_more", hasMore);
    }

    private static @Nullable String id(@Nullable ObjectNode item) {
        return item == null ? null : item.path("id").textValue();
    }
}
