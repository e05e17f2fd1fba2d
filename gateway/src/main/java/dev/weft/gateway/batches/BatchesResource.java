package dev.weft.gateway.batches;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.gateway.http.BodyReader;
import dev.weft.gateway.http.RestCall;
import dev.weft.kit.error.Failure.InvalidArgument;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestQuery;

/** OpenAI's batches. */
@Path("/v1/batches")
@Tag(name = "OpenAI-compatible")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class BatchesResource {

    private final BatchJobs jobs;
    private final BodyReader bodies;

    BatchesResource(BatchJobs jobs, BodyReader bodies) {
        this.jobs = jobs;
        this.bodies = bodies;
    }

    @POST
    @Consumes(MediaType.WILDCARD)
    @Operation(summary = "Has the requests of a file worked on in the background")
    @RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = Object.class),
                            examples =
                                    @ExampleObject(
                                            name = "embeddings",
                                            value =
                                                    "{\"input_file_id\": \"file-0123\", \"endpoint\": \"/v1/embeddings\","
                                                            + " \"completion_window\": \"24h\"}")))
    public JsonNode create(InputStream body, @Context RoutingContext context) {
        JsonNode json = BatchJson.read(bodies.read(body));
        BatchJobs.Order order = new BatchJobs.Order(
                BatchJson.optionalText(json, "input_file_id"),
                BatchJson.optionalText(json, "input_collection"),
                BatchJson.optionalText(json, "model"),
                BatchJson.text(json, "endpoint"),
                BatchJson.window(json),
                metadata(json.path("metadata")),
                BatchJson.expiry(json, "output_expires_after"));
        if (order.inputFile().isEmpty() == order.inputCollection().isEmpty()) {
            throw new InvalidArgument("input_file_id, input_collection: "
                    + (order.inputFile().isEmpty() ? "neither" : "both") + " (expected: one of the two)");
        }
        RestCall call = RestCall.of(context);
        // Its rows name its models, and nobody has read them yet: this asks for tokens only, not for the cost.
        call.tally().budget().require("");
        return BatchJson.job(jobs.create(order, call));
    }

    private static Map<String, String> metadata(JsonNode json) {
        if (!json.isMissingNode() && !json.isNull() && !json.isObject()) {
            throw new InvalidArgument("metadata: no object (expected: an object of strings)");
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        json.properties().forEach(entry -> {
            if (!entry.getValue().isTextual()) {
                throw new InvalidArgument("metadata." + entry.getKey() + ": no string (expected: a string)");
            }
            metadata.put(entry.getKey(), entry.getValue().textValue());
        });
        return metadata;
    }

    @GET
    @Operation(summary = "Batches, the newest first")
    public JsonNode list(
            @RestQuery @DefaultValue("") String after,
            @RestQuery @DefaultValue("20") int limit,
            @Context RoutingContext context) {
        if (limit < 1 || limit > 100) {
            throw new InvalidArgument("limit: " + limit + " (expected: 1 to 100)");
        }
        BatchJobs.Page page = jobs.list(after, limit, RestCall.of(context));
        return BatchJson.list(page.jobs(), page.hasMore(), BatchJson::job);
    }

    @GET
    @Path("{id}")
    @Operation(summary = "A batch and how far it is")
    public JsonNode get(@RestPath String id, @Context RoutingContext context) {
        return BatchJson.job(jobs.get(id, RestCall.of(context)));
    }

    @POST
    @Path("{id}/cancel")
    @Consumes(MediaType.WILDCARD)
    @Operation(summary = "Stops the work on a batch; what is done can be read")
    public JsonNode cancel(@RestPath String id, @Context RoutingContext context) {
        return BatchJson.job(jobs.cancel(id, RestCall.of(context)));
    }
}
