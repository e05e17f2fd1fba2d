package dev.weft.gateway.admin;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.weft.gateway.catalog.NewVersion;
import dev.weft.gateway.catalog.Serving;
import dev.weft.gateway.catalog.Split;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.NotFound;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The bodies of requests to the catalog. */
final class ModelRequests {

    private ModelRequests() {}

    static NotFound noVersion(String model, String version) {
        return new NotFound("model '" + model + "' has no version " + version);
    }

    @RegisterForReflection
    record Creation(
            @Nullable String name,
            @Nullable String description,
            @Nullable Serving serving) {

        String checkedName() {
            if (name == null) {
                throw new InvalidArgument("name: missing (expected: the model's name)");
            }
            return name;
        }

        String checkedDescription() {
            return Objects.requireNonNullElse(description, "");
        }

        Serving checkedServing() {
            return Objects.requireNonNullElse(serving, Serving.DEFAULT);
        }
    }

    @RegisterForReflection
    record Change(@Nullable String description, @Nullable Serving serving) {}

    /** Either of the two. */
    @RegisterForReflection
    record AliasTargets(@Nullable Long version, @Nullable List<Split> splits) {

        List<Split> checkedSplits() {
            if (version != null && splits == null) {
                return Split.all(version);
            }
            if (version == null && splits != null) {
                return splits;
            }
            throw new InvalidArgument((version == null ? "version: missing" : "version and splits: both")
                    + " (expected: one of version and splits)");
        }
    }

    @RegisterForReflection
    record VersionRegistration(
            @Nullable Long number,
            @JsonProperty("source_uri") @Nullable String sourceUri,
            @JsonProperty("manifest_sha256") @Nullable String manifestSha256,
            @JsonProperty("size_bytes") @Nullable Long sizeBytes,
            @Nullable String task,
            @Nullable Map<String, Double> metrics,
            @Nullable Map<String, String> labels,
            @Nullable String alias) {

        NewVersion checked() {
            return new NewVersion(
                    Objects.requireNonNullElse(number, 0L),
                    Objects.requireNonNullElse(sourceUri, ""),
                    Objects.requireNonNullElse(manifestSha256, ""),
                    Objects.requireNonNullElse(sizeBytes, 0L),
                    Objects.requireNonNullElse(task, ""),
                    Objects.requireNonNullElse(metrics, Map.of()),
                    Objects.requireNonNullElse(labels, Map.of()),
                    Objects.requireNonNullElse(alias, ""));
        }
    }
}
