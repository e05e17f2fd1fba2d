package dev.weft.gateway.catalog;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A version of a model; it never changes, but for being archived.
 *
 * @param number from 1
 * @param sourceUri where its package lies; empty when it lies in the folders of the replicas
 * @param manifestSha256 digest of the package's manifest; empty when the source is
 * @param metrics what was measured when it was trained
 * @param createdAt ISO 8601, UTC
 * @param archivedAt the same; null while it can be served
 */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ModelVersion(
        long number,
        @JsonProperty("source_uri") String sourceUri,
        @JsonProperty("manifest_sha256") String manifestSha256,
        @JsonProperty("size_bytes") long sizeBytes,
        String task,
        Map<String, Double> metrics,
        Map<String, String> labels,
        @JsonProperty("created_at") String createdAt,
        @JsonProperty("created_by") String createdBy,
        @JsonProperty("archived_at") @Nullable String archivedAt) {

    public ModelVersion {
        metrics = Map.copyOf(metrics);
        labels = Map.copyOf(labels);
    }

    /** True when it is not to be served. */
    boolean isArchived() {
        return archivedAt != null;
    }
}
