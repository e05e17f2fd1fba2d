package dev.weft.gateway.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.weft.gateway.keys.ApiKey;
import dev.weft.gateway.keys.KeyLimits;
import dev.weft.gateway.keys.Scope;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Keys as JSON. */
final class KeyRecords {

    private KeyRecords() {}

    /**
     * A key; what makes it one is only in the answer to the request that made it.
     *
     * @param key what its client has to send; null but in that answer
     * @param models names, and beginnings of names with {@code *} behind them; empty for all
     */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record OneKey(
            String id,
            @Nullable String key,
            String name,
            String owner,
            List<String> scopes,
            List<String> models,
            Limits limits,
            @JsonProperty("created_at") String createdAt,
            @JsonProperty("created_by") String createdBy,
            @JsonProperty("expires_at") @Nullable String expiresAt,
            @JsonProperty("revoked_at") @Nullable String revokedAt) {

        static OneKey of(ApiKey key, @Nullable String text) {
            return new OneKey(
                    key.id(),
                    text,
                    key.name(),
                    key.owner(),
                    key.scopes().stream().sorted().map(Scope::wireName).toList(),
                    key.models().patterns(),
                    Limits.of(key.limits()),
                    key.createdAt().toString(),
                    key.createdBy(),
                    text(key.expiresAt()),
                    text(key.revokedAt()));
        }

        private static @Nullable String text(@Nullable Instant instant) {
            return instant == null ? null : instant.toString();
        }

        @Override
        public String toString() {
            return "key " + id; // never with what makes it one
        }
    }

    /** Limits; absent ones are none. */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Limits(
            @JsonProperty("requests_per_second") @Nullable Double requestsPerSecond,
            @Nullable Integer burst,
            @JsonProperty("tokens_per_minute") @Nullable Long tokensPerMinute,
            @Nullable Integer concurrent,
            @JsonProperty("tokens_per_month") @Nullable Long tokensPerMonth,
            @JsonProperty("cost_per_month") @Nullable Double costPerMonth) {

        static Limits of(KeyLimits limits) {
            return new Limits(
                    limits.requestsPerSecond(),
                    limits.burst(),
                    limits.tokensPerMinute(),
                    limits.concurrent(),
                    limits.tokensPerMonth(),
                    limits.costPerMonth());
        }
    }

    /**
     * Keys in the order of their ids.
     *
     * @param next the id after which there are more; null when there are none
     */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record SomeKeys(List<OneKey> keys, @Nullable String next) {}
}
