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

/** OpenAI's chat completions. */
@Path("/v1/chat/completions")
@Tag(name = "OpenAI-compatible")
@RunOnVirtualThread
public class ChatCompletionsResource {

    private static final String REQUEST_EXAMPLE = """
            {"model": "assistant", "messages": [{"role": "user", "content": "How do I block my card?"}], "max_tokens": 64}""";

    private static final String RESPONSE_EXAMPLE = """
            {"id": "chatcmpl-5f0c", "object": "chat.completion", "created": 1790000000, "model": "assistant", \
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "In the app, under Cards.", "refusal": null}, \
            "logprobs": null, "finish_reason": "stop"}], \
            "usage": {"prompt_tokens": 17, "completion_tokens": 8, "total_tokens": 25}}""";

    private static final String STREAM_EXAMPLE = """
            data: {"id": "chatcmpl-5f0c", "object": "chat.completion.chunk", "created": 1790000000, "model": "assistant", \
            "choices": [{"index": 0, "delta": {"role": "assistant", "content": "In"}, "logprobs": null, "finish_reason": null}]}

            data: [DONE]
            """;

    private final Completions completions;
    private final BodyReader bodies;

    ChatCompletionsResource(Completions completions, BodyReader bodies) {
        this.completions = completions;
        this.bodies = bodies;
    }

    @POST
    @Consumes(MediaType.WILDCARD)
    @Produces({MediaType.APPLICATION_JSON, MediaType.SERVER_SENT_EVENTS})
    @Operation(summary = "Continues a conversation, whole or as server-sent events")
    @RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = ChatRequest.class),
                            examples = @ExampleObject(name = "question", value = REQUEST_EXAMPLE)))
    @APIResponse(
            responseCode = "200",
            content = {
                @Content(
                        mediaType = MediaType.APPLICATION_JSON,
                        examples = @ExampleObject(name = "whole", value = RESPONSE_EXAMPLE)),
                @Content(
                        mediaType = MediaType.SERVER_SENT_EVENTS,
                        examples = @ExampleObject(name = "stream", value = STREAM_EXAMPLE))
            })
    public Response complete(InputStream body, @Context RoutingContext context) {
        ChatRequest request = JsonBody.parse(bodies.read(body), ChatRequest.class);
        ChatRequest.StreamOptions options = request.streamOptions();
        Completions.Job job = new Completions.Job(
                AnswerForm.CHAT,
                "chat.completions",
                Completions.model(request.model()),
                request.checkedChoices(),
                Completions.answersPerPrompt(request.n()),
                Boolean.TRUE.equals(request.stream()),
                options != null && Boolean.TRUE.equals(options.includeUsage()));
        return completions.answer(job, RestCall.of(context));
    }
}
