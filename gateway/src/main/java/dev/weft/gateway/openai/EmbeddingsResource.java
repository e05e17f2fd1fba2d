package dev.weft.gateway.openai;

import dev.weft.gateway.http.BodyReader;
import dev.weft.gateway.http.JsonBody;
import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.openai.EmbeddingModels.EmbeddingInput;
import dev.weft.gateway.openai.EmbeddingModels.Embeddings;
import dev.weft.gateway.openai.EmbeddingRequest.Encoding;
import dev.weft.gateway.telemetry.RequestMetrics;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** OpenAI's embeddings. */
@Path("/v1/embeddings")
@Tag(name = "OpenAI-compatible")
@RunOnVirtualThread
public class EmbeddingsResource {

    private final EmbeddingModels models;
    private final RequestMetrics metrics;
    private final BodyReader bodies;

    EmbeddingsResource(EmbeddingModels models, RequestMetrics metrics, BodyReader bodies) {
        this.bodies = bodies;
        this.models = models;
        this.metrics = metrics;
    }

    @POST
    @Consumes(MediaType.WILDCARD)
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(summary = "Turns texts into vectors")
    @RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = EmbeddingRequest.class),
                            examples =
                                    @ExampleObject(
                                            name = "text",
                                            value =
                                                    "{\"model\": \"all-minilm-l6-v2\", \"input\": [\"How do I block my card?\"]}")))
    @APIResponse(
            responseCode = "200",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            examples =
                                    @ExampleObject(
                                            name = "text",
                                            value =
                                                    "{\"object\": \"list\", \"data\": [{\"object\": \"embedding\", \"index\": 0,"
                                                            + " \"embedding\": [0.013, -0.047]}], \"model\": \"all-minilm-l6-v2\","
                                                            + " \"usage\": {\"prompt_tokens\": 9, \"total_tokens\": 9}}")))
    public Response embed(InputStream body, @Context RoutingContext context) {
        EmbeddingRequest request = JsonBody.parse(bodies.read(body), EmbeddingRequest.class);
        String model = request.checkedModel();
        return metrics.record("openai", "embeddings", model, () -> {
            Encoding encoding = request.encoding();
            EmbeddingInput input = request.checkedInput();
            Embeddings embeddings =
                    models.embed(model, input, Boolean.TRUE.equals(request.truncate()), RestCall.of(context));
            byte[] answer =
                    EmbeddingsWriter.write(model, EmbeddingsWriter.shorten(embeddings, request.dimensions()), encoding);
            return Response.ok(answer, MediaType.APPLICATION_JSON).build();
        });
    }
}
