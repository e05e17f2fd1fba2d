package dev.weft.gateway.openai;

import dev.weft.gateway.http.BodyReader;
import dev.weft.gateway.http.JsonBody;
import dev.weft.gateway.http.RestCall;
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

/** OpenAI's completions. */
@Path("/v1/completions")
@Tag(name = "OpenAI-compatible")
@RunOnVirtualThread
public class CompletionsResource {

    private static final String REQUEST_EXAMPLE = """
            {"model": "assistant", "prompt": "Dear customer, ", "max_tokens": 16}""";

    private static final String RESPONSE_EXAMPLE = """
            {"id": "cmpl-5f0c", "object": "text_completion", "created": 1790000000, "model": "assistant", \
            "choices": [{"index": 0, "text": "your card is blocked.", "logprobs": null, "finish_reason": "stop"}], \
            "usage": {"prompt_tokens": 4, "completion_tokens": 6, "total_tokens": 10}}""";

    private final Completions completions;
    private final BodyReader bodies;

    CompletionsResource(Completions completions, BodyReader bodies) {
        this.completions = completions;
        this.bodies = bodies;
    }

    @POST
    @Consumes(MediaType.WILDCARD)
    @Produces({MediaType.APPLICATION_JSON, MediaType.SERVER_SENT_EVENTS})
    @Operation(summary = "Continues texts, whole or as server-sent events")
    @RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = CompletionRequest.class),
                            examples = @ExampleObject(name = "text", value = REQUEST_EXAMPLE)))
    @APIResponse(
            responseCode = "200",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            examples = @ExampleObject(name = "whole", value = RESPONSE_EXAMPLE)))
    public Response complete(InputStream body, @Context RoutingContext context) {
        CompletionRequest request = JsonBody.parse(bodies.read(body), CompletionRequest.class);
        ChatRequest.StreamOptions options = request.streamOptions();
        Completions.Job job = new Completions.Job(
                AnswerForm.TEXT,
                "completions",
                Completions.model(request.model()),
                request.checkedChoices(),
                Completions.answersPerPrompt(request.n()),
                Boolean.TRUE.equals(request.stream()),
                options != null && Boolean.TRUE.equals(options.includeUsage()));
        return completions.answer(job, RestCall.of(context));
    }
}
