package dev.weft.gateway.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.weft.gateway.catalog.ModelNames;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a client wants to have tuned.
 *
 * @param model that is tuned
 * @param trainingFile the file's id
 * @param suffix the new model's name; null for one that is made up
 * @param hyperparameters a JSON object
 * @param seed null for the runtime's own
 * @see <a href="https://platform.openai.com/docs/api-reference/fine-tuning/create">Create fine-tuning job</a>
 */
record FineTuningOrder(
        String model,
        String trainingFile,
        @Nullable String suffix,
        JsonNode hyperparameters,
        @Nullable Long seed,
        Map<String, String> metadata) {

    private static final ObjectReader JSON =
            JsonMapper.builder().build().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private static final String HYPERPARAMETERS = "hyperparameters";
    private static final String SUPERVISED = "supervised";
    private static final int MAX_PAIRS = 16;
    private static final int MAX_KEY = 64;
    private static final int MAX_VALUE = 512;

    /** JSON's numbers are exact up to here in every reader. */
    private static final long MOST_EXACT = (1L << 53) - 1;

    FineTuningOrder {
        metadata = Map.copyOf(metadata);
    }

    /** @throws InvalidArgument naming the field that does not fit, or is of what Weft has not */
    static FineTuningOrder read(byte[] body) {
        JsonNode json = parse(body);
        refuseWhatIsMissingHere(json);
        return new FineTuningOrder(
                text(json, "model"),
                text(json, "training_file"),
                json.hasNonNull("suffix") ? ModelNames.requireModel(text(json, "suffix"), "suffix") : null,
                hyperparameters(json),
                seed(json.path("seed")),
                metadata(json.path("metadata")));
    }

    private static JsonNode parse(byte[] body) {
        JsonNode json;
        try {
            json = JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw new InvalidArgument("body: malformed JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new InvalidArgument("body: " + e.getMessage());
        }
        if (!json.isObject()) {
            throw new InvalidArgument("body: " + json.getNodeType() + " (expected: a JSON object)");
        }
        return json;
    }

    private static void refuseWhatIsMissingHere(JsonNode json) {
        if (json.hasNonNull("validation_file")) {
            throw new InvalidArgument("validation_file: " + json.get("validation_file")
                    + " (expected: none; a part of the training file is held out, and the figures are measured on it)");
        }
        JsonNode integrations = json.path("integrations");
        if (!isAbsent(integrations) && !(integrations.isArray() && integrations.isEmpty())) {
            throw new InvalidArgument("integrations: " + integrations.size() + " (expected: none; Weft has none)");
        }
    }

    private static JsonNode hyperparameters(JsonNode json) {
        JsonNode old = object(json.path(HYPERPARAMETERS), HYPERPARAMETERS);
        JsonNode method = object(json.path("method"), "method");
        if (method.isEmpty()) {
            return old;
        }
        String type = text(method, "type");
        if (!type.equals(SUPERVISED)) {
            throw new InvalidArgument("method.type: '" + type + "' (expected: " + SUPERVISED + ")");
        }
        String field = "method." + SUPERVISED;
        JsonNode supervised = object(method.path(SUPERVISED), field);
        JsonNode chosen = object(supervised.path(HYPERPARAMETERS), field + "." + HYPERPARAMETERS);
        if (!chosen.isEmpty() && !old.isEmpty()) {
            throw new InvalidArgument(HYPERPARAMETERS + ": beside those of " + field + " (expected: one of them)");
        }
        return chosen.isEmpty() ? old : chosen;
    }

    /** An empty one when it is absent. */
    private static JsonNode object(JsonNode value, String field) {
        if (isAbsent(value)) {
            return JsonNodeFactory.instance.objectNode();
        }
        if (!value.isObject()) {
            throw new InvalidArgument(field + ": " + value.getNodeType() + " (expected: an object)");
        }
        return value;
    }

    private static @Nullable Long seed(JsonNode value) {
        if (isAbsent(value)) {
            return null;
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong() || Math.abs(value.longValue()) > MOST_EXACT) {
            throw new InvalidArgument("seed: " + value + " (expected: a whole number up to " + MOST_EXACT + ")");
        }
        return value.longValue();
    }

    private static Map<String, String> metadata(JsonNode json) {
        JsonNode pairs = object(json, "metadata");
        if (pairs.size() > MAX_PAIRS) {
            throw new InvalidArgument("metadata: " + pairs.size() + " pairs (expected: at most " + MAX_PAIRS + ")");
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        pairs.properties().forEach(pair -> {
            String key = pair.getKey();
            JsonNode value = pair.getValue();
            if (key.isEmpty() || key.length() > MAX_KEY || !isStorable(key)) {
                throw new InvalidArgument("metadata: a key of " + key.length() + " characters (expected: 1 to "
                        + MAX_KEY + ", none of them NUL)");
            }
            if (!value.isTextual() || value.textValue().length() > MAX_VALUE || !isStorable(value.textValue())) {
                throw new InvalidArgument("metadata." + key + ": "
                        + (value.isTextual() ? value.textValue().length() + " characters" : value.getNodeType())
                        + " (expected: a string of at most " + MAX_VALUE + " characters, none of them NUL)");
            }
            metadata.put(key, value.textValue());
        });
        return metadata;
    }

    /** PostgreSQL's texts take every character but this one. */
    private static boolean isStorable(String text) {
        return text.indexOf('\0') < 0;
    }

    private static String text(JsonNode json, String field) {
        JsonNode value = json.path(field);
        if (!value.isTextual() || value.textValue().isBlank()) {
            throw new InvalidArgument(
                    field + ": " + (isAbsent(value) ? "missing" : value.toString()) + " (expected: a string)");
        }
        return value.textValue();
    }

    private static boolean isAbsent(JsonNode value) {
        return value.isMissingNode() || value.isNull();
    }
}
