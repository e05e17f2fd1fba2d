package dev.weft.gateway.training;

import dev.weft.gateway.http.BodyReader;
import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.keys.Caller;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.protocol.training.v1.JobSpec;
import dev.weft.protocol.training.v1.JobState;
import dev.weft.protocol.training.v1.ListEventsRequest;
import dev.weft.protocol.training.v1.ListJobsRequest;
import dev.weft.protocol.training.v1.ListLogsRequest;
import dev.weft.protocol.training.v1.ListMetricsRequest;
import dev.weft.protocol.training.v1.SubmitJobRequest;
import dev.weft.protocol.training.v1.SubmitJobResponse;
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
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestHeader;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Training jobs. A key sees its own; one with the scope admin sees all. */
@Path("/api/v1/training/jobs")
@Tag(name = "Training")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.WILDCARD)
@RunOnVirtualThread
public class TrainingJobsResource {

    private static final String IDEMPOTENCY_KEY = "Idempotency-Key";

    private final TrainingService service;
    private final BodyReader bodies;

    TrainingJobsResource(TrainingService service, BodyReader bodies) {
        this.service = service;
        this.bodies = bodies;
    }

    @POST
    @Operation(
            summary =
                    "Submits a job: a JobSpec of weft.training.v1 as JSON; with the same Idempotency-Key it is submitted once")
    public Response submit(
            @RestHeader(IDEMPOTENCY_KEY) @Nullable String key, InputStream body, @Context RoutingContext context) {
        Caller caller = Caller.of(context);
        JobSpec.Builder spec = ProtoJson.read(bodies.read(body), JobSpec.newBuilder());
        if (spec.hasPublish()) {
            caller.models().require(spec.getPublish().getModel());
        }
        SubmitJobRequest request = SubmitJobRequest.newBuilder()
                .setSpec(spec)
                .setOwner(caller.owner())
                .setIdempotencyKey(key == null ? "" : key)
                .build();
        SubmitJobResponse done = service.call(RestCall.of(context), stub -> stub.submitJob(request));
        URI location = URI.create("/api/v1/training/jobs/" + done.getJob().getId());
        return (done.getCreated() ? Response.created(location) : Response.ok())
                .entity(ProtoJson.write(done.getJob()))
                .build();
    }

    @GET
    @Operation(summary = "Jobs, the youngest first")
    public String list(
            @RestQuery("state") List<String> states,
            @RestQuery("page_size") @DefaultValue("50") int pageSize,
            @RestQuery("page_token") @DefaultValue("") String pageToken,
            @Context RoutingContext context) {
        Caller caller = Caller.of(context);
        ListJobsRequest request = ListJobsRequest.newBuilder()
                .setOwner(caller.seesOf())
                .addAllStates(states.stream().map(TrainingJobsResource::state).toList())
                .setPageSize(pageSize)
                .setPageToken(pageToken)
                .build();
        return ProtoJson.write(service.call(RestCall.of(context), stub -> stub.listJobs(request)));
    }

    private static JobState state(String name) {
        try {
            return JobState.valueOf("JOB_STATE_" + name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException _) {
            throw new InvalidArgument("state: '" + name
                    + "' (expected: queued, dispatched, running, stopping, succeeded, published, failed or cancelled)");
        }
    }

    @GET
    @Path("{job}")
    @Operation(summary = "One job")
    public String get(@RestPath String job, @Context RoutingContext context) {
        return ProtoJson.write(service.own(job, Caller.of(context), RestCall.of(context)));
    }

    @POST
    @Path("{job}/cancel")
    @Operation(summary = "Asks for a job to be ended")
    public String cancel(@RestPath String job, @Context RoutingContext context) {
        RestCall call = RestCall.of(context);
        Caller caller = Caller.of(context);
        var _ = service.own(job, caller, call);
        return ProtoJson.write(service.cancel(job, caller, call));
    }

    @GET
    @Path("{job}/events")
    @Operation(summary = "What happened to a job, after the event of a number")
    public String events(
            @RestPath String job,
            @RestQuery @DefaultValue("0") long after,
            @RestQuery @DefaultValue("1000") int limit,
            @Context RoutingContext context) {
        RestCall call = own(job, context);
        ListEventsRequest request = ListEventsRequest.newBuilder()
                .setJobId(job)
                .setAfter(after)
                .setLimit(limit)
                .build();
        return ProtoJson.write(service.call(call, stub -> stub.listEvents(request)));
    }

    @GET
    @Path("{job}/logs")
    @Operation(summary = "What a job's runs wrote, after the line of a number")
    public String logs(
            @RestPath String job,
            @RestQuery @DefaultValue("0") long after,
            @RestQuery @DefaultValue("1000") int limit,
            @Context RoutingContext context) {
        RestCall call = own(job, context);
        ListLogsRequest request = ListLogsRequest.newBuilder()
                .setJobId(job)
                .setAfter(after)
                .setLimit(limit)
                .build();
        return ProtoJson.write(service.call(call, stub -> stub.listLogs(request)));
    }

    @GET
    @Path("{job}/metrics")
    @Operation(summary = "What a job's runs measured, after the value of a number")
    public String metrics(
            @RestPath String job,
            @RestQuery @DefaultValue("0") long after,
            @RestQuery @DefaultValue("1000") int limit,
            @Context RoutingContext context) {
        RestCall call = own(job, context);
        ListMetricsRequest request = ListMetricsRequest.newBuilder()
                .setJobId(job)
                .setAfter(after)
                .setLimit(limit)
                .build();
        return ProtoJson.write(service.call(call, stub -> stub.listMetrics(request)));
    }

    private RestCall own(String job, RoutingContext context) {
        RestCall call = RestCall.of(context);
        var _ = service.own(job, Caller.of(context), call);
        return call;
    }
}
