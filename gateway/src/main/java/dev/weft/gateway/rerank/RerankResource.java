package dev.weft.gateway.rerank;

import dev.weft.gateway.http.BodyReader;
import dev.weft.gateway.http.JsonFields;
import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.rerank.RerankingModels.Relevance;
import dev.weft.gateway.telemetry.RequestMetrics;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.io.InputStream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Reranking, as Cohere's and Jina's clients ask for it. */
@Path("/v1/rerank")
@Tag(name = "Reranking")
@RunOnVirtualThread
public class RerankResource {

    private static final String REQUEST_EXAMPLE = """
            {"model": "bge-reranker-base", "query": "How do I block my card?", "documents": [\
            "The rent is due on the first of the month.", "A lost card can be blocked in the app, at any time."], \
            "top_n": 1, "return_documents": true}""";

    private static final String RESPONSE_EXAMPLE = """
            {"id": "rerank-5f1c0a9e7b3d2468", "model": "bge-reranker-base", "object": "list", "results": [\
            {"index": 1, "relevance_score": 0.983, "document": {"text": "A lost card can be blocked in the app, at any time."}}], \
            "usage": {"prompt_tokens": 44, "total_tokens": 44}}""";

    private final RerankingModels models;
    private final RequestMetrics metrics;
    private final BodyReader bodies;
    private final RerankConfig config;

    RerankResource(RerankingModels models, RequestMetrics metrics, BodyReader bodies, RerankConfig config) {
        this.models = models;
        this.metrics = metrics;
        this.bodies = bodies;
        this.config = config;
    }

    @POST
    @Consumes(MediaType.WILDCARD)
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(summary = "Sorts documents by how well they answer a query")
    @RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = RerankRequest.class),
                            examples = @ExampleObject(name = "documents", value = REQUEST_EXAMPLE)))
    @APIResponse(
            responseCode = "200",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = RerankResponse.class),
                            examples = @ExampleObject(name = "documents", value = RESPONSE_EXAMPLE)))
    public RerankResponse rerank(InputStream body, @Context RoutingContext context) {
        JsonFields fields = JsonFields.of(bodies.read(body));
        String model = fields.model();
        RestCall call = RestCall.of(context);
        return metrics.record("openai", "rerank", model, () -> {
            RerankRequest request = RerankRequest.of(fields, config.maxDocuments());
            Relevance relevance = models.score(model, request.query(), request.documents(), request.truncate(), call);
            return RerankResponse.of("rerank-" + call.id().value(), request, relevance);
        });
    }
}
