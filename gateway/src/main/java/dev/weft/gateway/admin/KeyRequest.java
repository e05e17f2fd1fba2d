package dev.weft.gateway.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.weft.gateway.keys.KeyChange;
import dev.weft.gateway.keys.KeyLimits;
import dev.weft.gateway.keys.Keys;
import dev.weft.gateway.keys.Scope;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.identity.AllowedModels;
import java.io.IOException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What somebody says about a key, read strictly: a misspelt limit would be none. All methods throw {@link InvalidArgument} that names the field, what
 * came and what was expected.
 */
final class KeyRequest {

    private static final ObjectReader JSON =
            JsonMapper.builder().build().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private static final Set<String> OF_NEW = Set.of("name", "owner", "scopes", "models", "limits", "expires_at");
    private static final Set<String> OF_CHANGE = Set.of("models", "limits", "expires_at");
    private static final Set<String> OF_LIMITS = Set.of(
            "requests_per_second", "burst", "tokens_per_minute", "concurrent", "tokens_per_month", "cost_per_month");

    private KeyRequest() {}

    /** A key that is to be made. */
    static Keys.Wanted wanted(byte[] body) {
        JsonNode object = object(body, OF_NEW);
        Set<Scope> scopes = new HashSet<>();
        texts(object.get("scopes"), "scopes").forEach(scope -> scopes.add(Scope.of(scope)));
        String name = text(object.get("name"), "name");
        if (name == null) {
            throw new InvalidArgument("name: missing (expected: a string)");
        }
        return new Keys.Wanted(
                name,
                Objects.requireNonNullElse(text(object.get("owner"), "owner"), ""),
                scopes,
                change(object, new KeyChange(AllowedModels.ALL, KeyLimits.NONE, null)));
    }

    /** What is to change; what is absent stays, and null takes away. */
    static UnaryOperator<KeyChange> change(byte[] body) {
        JsonNode object = object(body, OF_CHANGE);
        if (object.isEmpty()) {
            throw new InvalidArgument("body: no field (expected: some of models, limits, expires_at)");
        }
        return terms -> change(object, terms);
    }

    private static KeyChange change(JsonNode object, KeyChange terms) {
        return new KeyChange(
                object.has("models") ? new AllowedModels(texts(object.get("models"), "models")) : terms.models(),
                object.has("limits") ? limits(object.get("limits")) : terms.limits(),
                object.has("expires_at") ? instant(object.get("expires_at")) : terms.expiresAt());
    }

    private static JsonNode object(byte[] body, Set<String> fields) {
        JsonNode node;
        try {
            node = JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw new InvalidArgument("body: malformed JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new InvalidArgument("body: " + e.getMessage());
        }
        return checked(node, "", fields);
    }

    private static JsonNode checked(JsonNode node, String path, Set<String> fields) {
        if (!node.isObject()) {
            throw new InvalidArgument((path.isEmpty() ? "body" : path) + ": no object (expected: a JSON object)");
        }
        for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!fields.contains(name)) {
                throw new InvalidArgument((path.isEmpty() ? "" : path + ".") + name + ": unknown (expected: some of "
                        + fields.stream().sorted().toList() + ")");
            }
        }
        return node;
    }

    private static KeyLimits limits(JsonNode node) {
        if (node.isNull()) {
            return KeyLimits.NONE;
        }
        checked(node, "limits", OF_LIMITS);
        Long burst = integer(node, "burst");
        Long concurrent = integer(node, "concurrent");
        return new KeyLimits(
                number(node, "requests_per_second"),
                burst == null ? null : clamped(burst),
                integer(node, "tokens_per_minute"),
                concurrent == null ? null : clamped(concurrent),
                integer(node, "tokens_per_month"),
                number(node, "cost_per_month"));
    }

    private static @Nullable Double number(JsonNode object, String field) {
        JsonNode value = object.get(field);
        if (value == null || value.isNull()) {
            return null;
        }
        if (!value.isNumber()) {
            throw new InvalidArgument("limits." + field + ": no number (expected: a number)");
        }
        return value.doubleValue();
    }

    /** Out of range stays out of range. */
    private static int clamped(long value) {
        return Math.clamp(value, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    private static @Nullable Long integer(JsonNode object, String field) {
        JsonNode value = object.get(field);
        if (value == null || value.isNull()) {
            return null;
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw new InvalidArgument("limits." + field + ": no integer (expected: an integer from 1)");
        }
        return value.longValue();
    }

    private static List<String> texts(@Nullable JsonNode node, String field) {
        List<String> texts = new ArrayList<>();
        if (node == null || node.isNull()) {
            return texts;
        }
        if (!node.isArray()) {
            throw new InvalidArgument(field + ": no array (expected: an array of strings)");
        }
        for (JsonNode entry : node) {
            String text = text(entry, field + "[" + texts.size() + "]");
            if (text == null) {
                throw new InvalidArgument(field + "[" + texts.size() + "]: null (expected: a string)");
            }
            texts.add(text);
        }
        return texts;
    }

    private static @Nullable String text(@Nullable JsonNode node, String field) {
        if (node == null || node.isNull()) {
            return null;
        }
        if (!node.isTextual()) {
            throw new InvalidArgument(field + ": no string (expected: a string)");
        }
        return node.textValue();
    }

    private static @Nullable Instant instant(JsonNode node) {
        String text = text(node, "expires_at");
        if (text == null) {
            return null;
        }
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException _) {
            throw new InvalidArgument("expires_at: '" + text + "' (expected: a time such as 2027-01-31T00:00:00Z)");
        }
    }
}
