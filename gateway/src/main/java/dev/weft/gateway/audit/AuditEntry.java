package dev.weft.gateway.audit;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/**
 * One change.
 *
 * @param id grows with time
 * @param at ISO 8601, UTC
 * @param action a verb, such as {@code create}
 * @param before what the object was; null when there was none
 * @param after what it is; null when there is none
 */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
public record AuditEntry(
        long id,
        String at,
        String actor,
        String action,
        @JsonProperty("object_type") String objectType,
        @JsonProperty("object_name") String objectName,
        @Nullable JsonNode before,
        @Nullable JsonNode after,
        @JsonProperty("request_id") String requestId) {}
