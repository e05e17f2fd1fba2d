package dev.weft.gateway.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.weft.gateway.catalog.CatalogModel;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is told of models. */
final class ModelAnswers {

    private ModelAnswers() {}

    /**
     * A page.
     *
     * @param notInCatalog what replicas have in their folders and nobody has registered; it is served by its name all the same
     * @param next what the next page is asked with as {@code after}; null after the last
     */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Models(
            List<OneModel> models,
            @JsonProperty("not_in_catalog") List<UnregisteredModel> notInCatalog,
            @Nullable String next) {}

    /** A model of the catalog, and where it runs. */
    @RegisterForReflection
    public record OneModel(@JsonUnwrapped CatalogModel model, List<Place> replicas) {}

    /** A model that only replicas know. */
    @RegisterForReflection
    public record UnregisteredModel(String name, List<Place> replicas) {}

    /**
     * A version on a replica.
     *
     * @param version empty when it is not told
     * @param state ready, loading, available, unloaded or failed
     * @param reason why it is not ready; empty when nothing is wrong
     */
    @RegisterForReflection
    public record Place(String replica, String version, String state, String reason) {}
}
