package dev.weft.gateway.classify;

import dev.weft.gateway.http.BodyReader;
import dev.weft.gateway.http.JsonFields;
import dev.weft.gateway.http.RestCall;
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

/** Classification of texts, and of what they name. */
@Path("/api/v1/classify")
@Tag(name = "Classification")
@RunOnVirtualThread
public class ClassifyResource {

    private static final String REQUEST_EXAMPLE = """
            {"model": "banking-intents", "input": ["Somebody stole my card"], "top_k": 2}""";

    private static final String LABELS_EXAMPLE = """
            {"model": "banking-intents", "results": [{"index": 0, "label": "card_lost", "score": 0.94, "scores": [\
            {"label": "card_lost", "score": 0.94}, {"label": "card_payment", "score": 0.04}]}], "usage": {"tokens": 7}}""";

    private static final String ENTITIES_EXAMPLE = """
            {"model": "bert-base-ner", "results": [{"index": 0, "entities": [\
            {"entity_group": "LOC", "score": 0.998, "word": "Bern", "start": 11, "end": 15}]}], "usage": {"tokens": 8}}""";

    private final ClassificationModels models;
    private final RequestMetrics metrics;
    private final BodyReader bodies;
    private final ClassifyConfig config;

    ClassifyResource(ClassificationModels models, RequestMetrics metrics, BodyReader bodies, ClassifyConfig config) {
        this.models = models;
        this.metrics = metrics;
        this.bodies = bodies;
        this.config = config;
    }

    @POST
    @Consumes(MediaType.WILDCARD)
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(
            summary = "Labels texts, best label first, or finds the entities that they name",
            description = "Which of the two is the model's task: text-classification or token-classification.")
    @RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = ClassifyRequest.class),
                            examples = @ExampleObject(name = "texts", value = REQUEST_EXAMPLE)))
    @APIResponse(
            responseCode = "200",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = ClassifyResponse.class),
                            examples = {
                                @ExampleObject(name = "labels", value = LABELS_EXAMPLE),
                                @ExampleObject(name = "entities", value = ENTITIES_EXAMPLE)
                            }))
    public ClassifyResponse classify(InputStream body, @Context RoutingContext context) {
        JsonFields fields = JsonFields.of(bodies.read(body));
        String model = fields.model();
        RestCall call = RestCall.of(context);
        return metrics.record("weft", "classify", model, () -> {
            ClassifyRequest request = ClassifyRequest.of(fields, config.maxInputs());
            return ClassifyResponse.of(request, models.classify(model, request.input(), request.truncate(), call));
        });
    }
}
