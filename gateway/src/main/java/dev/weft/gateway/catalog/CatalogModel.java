package dev.weft.gateway.catalog;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A model with all that the catalog knows of it.
 *
 * @param revision grows with each change
 * @param createdAt ISO 8601, UTC
 * @param archivedAt the same; null while it is served
 * @param aliases what each stands for; {@code latest} is not among them
 * @param versions the lowest number first
 */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
public record CatalogModel(
        String name,
        String description,
        long revision,
        @JsonProperty("created_at") String createdAt,
        @JsonProperty("created_by") String createdBy,
        @JsonProperty("archived_at") @Nullable String archivedAt,
        Serving serving,
        SortedMap<String, List<Split>> aliases,
        List<ModelVersion> versions) {

    public CatalogModel {
        aliases = new TreeMap<>(aliases);
        versions = versions.stream()
                .sorted(Comparator.comparingLong(ModelVersion::number))
                .toList();
    }

    /** The version of that number. */
    public Optional<ModelVersion> version(long number) {
        return versions.stream().filter(version -> version.number() == number).findFirst();
    }

    /** The highest version that is not archived. */
    public Optional<ModelVersion> latest() {
        return versions.stream().filter(version -> !version.isArchived()).reduce((_, higher) -> higher);
    }

    /** The alias that points to the version. */
    Optional<String> aliasOf(long number) {
        return aliases.entrySet().stream()
                .filter(alias -> alias.getValue().stream().anyMatch(split -> split.version() == number))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    /** True when it is not to be served. */
    boolean isArchived() {
        return archivedAt != null;
    }
}
