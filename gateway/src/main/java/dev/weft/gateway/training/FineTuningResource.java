package dev.weft.gateway.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.gateway.http.BodyReader;
import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.keys.Caller;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.protocol.training.v1.DataContent;
import dev.weft.protocol.training.v1.GetRuntimeRequest;
import dev.weft.protocol.training.v1.Job;
import dev.weft.protocol.training.v1.ListHistoryResponse;
import dev.weft.protocol.training.v1.ListJobsRequest;
import dev.weft.protocol.training.v1.Runtime;
import dev.weft.protocol.training.v1.SubmitJobRequest;
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
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestHeader;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** OpenAI's fine-tuning: a view of training jobs, of those that were made through it. A key sees its own; one with the scope admin sees all. */
@Path("/v1/fine_tuning/jobs")
@Tag(name = "OpenAI-compatible")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.WILDCARD)
@RunOnVirtualThread
public class FineTuningResource {

    private static final int MAX_JOBS = 100;
    private static final int MAX_EVENTS = 1_000;
    private static final Pattern METADATA = Pattern.compile("metadata\\[(.+)]");

    private final TrainingService service;
    private final FineTuningData data;
    private final BaseModels models;
    private final BodyReader bodies;
    private final String runtime;

    FineTuningResource(
            TrainingService service, FineTuningData data, BaseModels models, BodyReader bodies, TrainingConfig config) {
        this.service = service;
        this.data = data;
        this.models = models;
        this.bodies = bodies;
        this.runtime = config.fineTuningRuntime();
    }

    @POST
    @Operation(
            summary =
                    "Tunes a model with a file of examples; with the same Idempotency-Key one job is made, however often it is asked for")
    @RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = Object.class),
                            examples =
                                    @ExampleObject(
                                            name = "classifier",
                                            value =
                                                    "{\"model\": \"all-minilm-l6-v2\", \"training_file\": \"file-0123\", \"suffix\": \"intents\"}")))
    public JsonNode create(
            @RestHeader("Idempotency-Key") @Nullable String key, InputStream body, @Context RoutingContext context) {
        RestCall call = RestCall.of(context);
        Caller caller = Caller.of(context);
        String once = key == null ? "" : key;
        FineTuningOrder order = FineTuningOrder.read(bodies.read(body));
        String name = FineTuningSpec.name(order, caller.owner(), once);
        caller.models().require(order.model());
        caller.models().require(name);
        GetRuntimeRequest question =
                GetRuntimeRequest.newBuilder().setName(runtime).build();
        Runtime found = service.call(call, stub -> stub.getRuntime(question)).getRuntime();
        // What a runtime of somebody else's tunes need not be served here.
        if (found.hasBuiltIn()) {
            models.require(order.model());
        }
        DataContent content = data.read(order.trainingFile(), call);
        SubmitJobRequest request = SubmitJobRequest.newBuilder()
                .setSpec(FineTuningSpec.of(order, found, content, name))
                .setOwner(caller.owner())
                .setIdempotencyKey(once)
                .build();
        return json(service.call(call, stub -> stub.submitJob(request)).getJob());
    }

    @GET
    @Operation(summary = "Fine-tuning jobs, the newest first; metadata[KEY]=VALUE chooses among them")
    public JsonNode list(
            @RestQuery @DefaultValue("") String after,
            @RestQuery @DefaultValue("20") int limit,
            @Context RoutingContext context) {
        requireLimit(limit, MAX_JOBS);
        RestCall call = RestCall.of(context);
        Caller caller = Caller.of(context);
        if (!after.isEmpty()) {
            var _ = own(after, caller, call);
        }
        ListJobsRequest.Builder request = ListJobsRequest.newBuilder()
                .setOwner(caller.seesOf())
                .putLabels(FineTuningSpec.VIEW, FineTuningSpec.OPENAI)
                // One more tells whether there are more.
                .setPageSize(limit + 1)
                .setPageToken(after);
        for (Map.Entry<String, String> parameter : context.queryParams().entries()) {
            Matcher metadata = METADATA.matcher(parameter.getKey());
            if (metadata.matches()) {
                request.putLabels(FineTuningSpec.label(metadata.group(1)), parameter.getValue());
            }
        }
        ListJobsRequest whole = request.build();
        List<Job> jobs = service.call(call, stub -> stub.listJobs(whole)).getJobsList();
        return FineTuningJson.list(
                jobs.stream().limit(limit).map(FineTuningResource::json).toList(), jobs.size() > limit);
    }

    @GET
    @Path("{job}")
    @Operation(summary = "A fine-tuning job and what has become of it")
    public JsonNode get(@RestPath String job, @Context RoutingContext context) {
        return json(own(job, Caller.of(context), RestCall.of(context)));
    }

    @POST
    @Path("{job}/cancel")
    @Operation(summary = "Asks for a fine-tuning job to be ended; one that has ended stays as it is")
    public JsonNode cancel(@RestPath String job, @Context RoutingContext context) {
        RestCall call = RestCall.of(context);
        Caller caller = Caller.of(context);
        var _ = own(job, caller, call);
        return json(service.cancel(job, caller, call));
    }

    @GET
    @Path("{job}/events")
    @Operation(summary = "What happened to a fine-tuning job and what it measured, the newest first")
    public JsonNode events(
            @RestPath String job,
            @RestQuery @DefaultValue("") String after,
            @RestQuery @DefaultValue("20") int limit,
            @Context RoutingContext context) {
        requireLimit(limit, MAX_EVENTS);
        RestCall call = RestCall.of(context);
        var _ = own(job, Caller.of(context), call);
        ListHistoryResponse page = FineTuningEvents.read(service, call, job, after, limit);
        return FineTuningJson.list(
                page.getEntriesList().stream()
                        .map(entry -> FineTuningJson.event(job, entry))
                        .toList(),
                page.getHasMore());
    }

    @GET
    @Path("{job}/checkpoints")
    @Operation(summary = "The models of a fine-tuning job's epochs: none, since only the last is kept")
    public JsonNode checkpoints(@RestPath String job, @Context RoutingContext context) {
        var _ = own(job, Caller.of(context), RestCall.of(context));
        return FineTuningJson.list(List.of(), false);
    }

    private Job own(String id, Caller caller, RestCall call) {
        Job job = service.own(id, caller, call);
        if (!FineTuningSpec.isOne(job)) {
            throw new NotFound("job '" + id + "' is unknown");
        }
        return job;
    }

    private static void requireLimit(int limit, int most) {
        if (limit < 1 || limit > most) {
            throw new InvalidArgument("limit: " + limit + " (expected: 1 to " + most + ")");
        }
    }

    private static ObjectNode json(Job job) {
        return FineTuningJson.job(job, Instant.now());
    }
}
