package dev.weft.gateway.keys;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A key as the audit log keeps it. */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
record KeyRecord(
        String name,
        String owner,
        List<String> scopes,
        List<String> models,
        @JsonProperty("requests_per_second") @Nullable Double requestsPerSecond,
        @Nullable Integer burst,
        @JsonProperty("tokens_per_minute") @Nullable Long tokensPerMinute,
        @Nullable Integer concurrent,
        @JsonProperty("tokens_per_month") @Nullable Long tokensPerMonth,
        @JsonProperty("cost_per_month") @Nullable Double costPerMonth,
        @JsonProperty("expires_at") @Nullable String expiresAt,
        @JsonProperty("revoked_at") @Nullable String revokedAt) {

    static KeyRecord of(ApiKey key) {
        KeyLimits limits = key.limits();
        return new KeyRecord(
                key.name(),
                key.owner(),
                key.scopes().stream().sorted().map(Scope::wireName).toList(),
                key.models().patterns(),
                limits.requestsPerSecond(),
                limits.burst(),
                limits.tokensPerMinute(),
                limits.concurrent(),
                limits.tokensPerMonth(),
                limits.costPerMonth(),
                text(key.expiresAt()),
                text(key.revokedAt()));
    }

    private static @Nullable String text(@Nullable Instant instant) {
        return instant == null ? null : instant.toString();
    }
}
