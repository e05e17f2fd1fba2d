package dev.weft.gateway.batches;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.gateway.batches.BatchFiles.FileInfo;
import dev.weft.gateway.batches.BatchJobs.Job;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Files and batches as OpenAI's clients write and read them.
 *
 * @see <a href="https://platform.openai.com/docs/api-reference/batch/object">The batch object</a>
 */
final class BatchJson {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Pattern WINDOW = Pattern.compile("([1-9][0-9]{0,5})([smhd])");

    private static final List<String> TIMES = List.of(
            "created_at",
            "in_progress_at",
            "expires_at",
            "finalizing_at",
            "completed_at",
            "failed_at",
            "expired_at",
            "cancelling_at",
            "cancelled_at");

    private BatchJson() {}

    static JsonNode read(byte[] body) {
        JsonNode json;
        try {
            json = JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw new InvalidArgument("body: no JSON (" + e.getOriginalMessage() + ")");
        } catch (IOException e) {
            throw new IllegalStateException("reading from memory failed", e);
        }
        if (!json.isObject()) {
            throw new InvalidArgument("body: no object (expected: an object)");
        }
        return json;
    }

    /** Reads {@code 24h}; OpenAI knows no other, the service takes any that is short enough. */
    static Duration window(JsonNode json) {
        String text = text(json, "completion_window");
        Matcher matcher = WINDOW.matcher(text);
        if (!matcher.matches()) {
            throw new InvalidArgument(
                    "completion_window: '" + text + "' (expected: a number and one of s, m, h, d, such as 24h)");
        }
        long amount = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
        };
    }

    /** Empty when there is none. */
    static String optionalText(JsonNode json, String field) {
        JsonNode value = json.path(field);
        return value.isMissingNode() || value.isNull() ? "" : text(json, field);
    }

    static String text(JsonNode json, String field) {
        JsonNode value = json.path(field);
        if (!value.isTextual() || value.textValue().isEmpty()) {
            throw new InvalidArgument(field + ": missing (expected: a string)");
        }
        return value.textValue();
    }

    /** Reads {@code {"anchor": "created_at", "seconds": 3600}}; null for none. */
    static @Nullable Duration expiry(JsonNode json, String field) {
        JsonNode expiry = json.path(field);
        if (expiry.isMissingNode() || expiry.isNull()) {
            return null;
        }
        return expiry(
                field, expiry.path("anchor").asText(), expiry.path("seconds").asText());
    }

    static Duration expiry(String field, String anchor, String seconds) {
        if (!anchor.equals("created_at")) {
            throw new InvalidArgument(field + ".anchor: '" + anchor + "' (expected: created_at)");
        }
        try {
            long amount = Long.parseLong(seconds);
            if (amount > 0) {
                return Duration.ofSeconds(amount);
            }
        } catch (NumberFormatException _) {
            // as for a number that is none
        }
        throw new InvalidArgument(field + ".seconds: '" + seconds + "' (expected: a number of at least 1)");
    }

    static ObjectNode job(Job job) {
        ObjectNode json = JSON.createObjectNode();
        json.put("id", job.id()).put("object", "batch").put("endpoint", job.endpoint());
        json.put("input_file_id", orNull(job.files().input()));
        if (!job.inputCollection().isEmpty()) {
            json.put("input_collection", job.inputCollection());
        }
        json.put("completion_window", window(job.window()));
        json.put("status", job.state());
        json.put("model", orNull(job.model()));
        json.put("output_file_id", orNull(job.files().output()));
        json.put("error_file_id", orNull(job.files().errors()));
        if (job.errors().isEmpty()) {
            json.putNull("errors");
        } else {
            ArrayNode errors = json.putObject("errors").put("object", "list").putArray("data");
            job.errors().forEach(error -> errors.addObject()
                    .put("code", error.code())
                    .put("message", error.message())
                    .putNull("param")
                    .put("line", error.line() == 0 ? null : error.line()));
        }
        TIMES.forEach(time -> json.put(time, job.times().get(time)));
        json.putObject("request_counts")
                .put("total", job.counts().total())
                .put("completed", job.counts().completed())
                .put("failed", job.counts().failed());
        ObjectNode metadata = json.putObject("metadata");
        job.metadata().forEach(metadata::put);
        // Weft's own: clients of OpenAI's leave out what they do not know.
        json.putObject("progress")
                .put("tokens", job.counts().tokens())
                .put("rows_per_second", Math.round(10 * job.counts().rowsPerSecond()) / 10.0)
                .put("remaining_seconds", Math.ceilDiv(job.counts().remainingMs(), 1_000));
        return json;
    }

    private static String window(Duration window) {
        if (window.toSeconds() % 3_600 == 0) {
            return window.toHours() + "h";
        }
        return window.toSeconds() % 60 == 0 ? window.toMinutes() + "m" : window.toSeconds() + "s";
    }

    private static @Nullable String orNull(String text) {
        return text.isEmpty() ? null : text;
    }

    static ObjectNode file(FileInfo file) {
        ObjectNode json = JSON.createObjectNode();
        json.put("id", file.id()).put("object", "file").put("bytes", file.sizeBytes());
        json.put("created_at", file.createdAt()).put("filename", file.name()).put("purpose", file.purpose());
        if (file.expiresAt() > 0) {
            json.put("expires_at", file.expiresAt());
        }
        return json.put("status", "processed");
    }

    static <T> ObjectNode list(List<T> items, boolean hasMore, Function<T, ObjectNode> form) {
        ObjectNode json = JSON.createObjectNode().put("object", "list");
        ArrayNode data = json.putArray("data");
        items.forEach(item -> data.add(form.apply(item)));
        json.put("first_id", data.isEmpty() ? null : data.get(0).path("id").asText());
        json.put(
                "last_id",
                data.isEmpty() ? null : data.get(data.size() - 1).path("id").asText());
        return json.put("has_more", hasMore);
    }

    static ObjectNode deleted(String id) {
        return JSON.createObjectNode().put("id", id).put("object", "file").put("deleted", true);
    }
}
