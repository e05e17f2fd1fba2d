package dev.weft.gateway.openai;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.weft.gateway.http.RestCall;
import dev.weft.kit.error.Failure.NotFound;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;

/** OpenAI's list of models. */
@Path("/v1/models")
@Tag(name = "OpenAI-compatible")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class ModelsResource {

    private final EmbeddingModels models;

    /** Models carry no date of their own yet; clients want a number, so all tell when this gateway started. */
    private final long started = Instant.now().getEpochSecond();

    ModelsResource(EmbeddingModels models) {
        this.models = models;
    }

    @GET
    @Operation(summary = "All models that are ready")
    public ModelList list(@Context RoutingContext context) {
        return new ModelList(
                "list",
                models.ready(RestCall.of(context)).stream().map(this::model).toList());
    }

    @GET
    @Path("{model}")
    @Operation(summary = "One model")
    public Model get(@RestPath String model, @Context RoutingContext context) {
        if (!models.ready(RestCall.of(context)).contains(model)) {
            throw new NotFound("model '" + model + "' is unknown or not ready");
        }
        return model(model);
    }

    private Model model(String name) {
        return new Model(name, "model", started, "weft");
    }

    @RegisterForReflection
    record ModelList(String object, List<Model> data) {}

    @RegisterForReflection
    record Model(
            String id,
            String object,
            long created,
            @JsonProperty("owned_by") String ownedBy) {}
}
