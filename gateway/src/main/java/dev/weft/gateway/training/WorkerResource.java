package dev.weft.gateway.training;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageOrBuilder;
import dev.weft.gateway.http.BodyReader;
import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.keys.WorkerToken;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.protocol.training.v1.BeginUploadRequest;
import dev.weft.protocol.training.v1.ClaimRequest;
import dev.weft.protocol.training.v1.CompleteRequest;
import dev.weft.protocol.training.v1.FailRequest;
import dev.weft.protocol.training.v1.FetchDataRequest;
import dev.weft.protocol.training.v1.HeartbeatRequest;
import dev.weft.protocol.training.v1.ReportRequest;
import dev.weft.protocol.training.v1.TrainingWorkersGrpc.TrainingWorkersBlockingStub;
import dev.weft.protocol.training.v1.UploadRequest;
import dev.weft.protocol.training.v1.UploadResponse;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.function.Function;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestQuery;

/**
 * The door of machines that pull work and reach the gateway by HTTPS only. Each call is one of {@code weft.training.v1.TrainingWorkers}, its message as JSON; the
 * path says the run. Files pass through in pieces of which one is in memory; what has come of one is kept when the connection breaks.
 */
@Path("/api/v1/training/worker")
@Tag(name = "Training worker")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.WILDCARD)
@RunOnVirtualThread
public class WorkerResource {

    /** Of a file at a time; training-dispatcher takes up to four times as much. */
    private static final int PIECE = 1 << 20;

    /** A gateway that is to end waits for its requests. */
    private static final long MAX_WAIT_MS = 20_000;

    private final TrainingService service;
    private final BodyReader bodies;

    WorkerResource(TrainingService service, BodyReader bodies) {
        this.service = service;
        this.bodies = bodies;
    }

    @POST
    @Path("claim")
    @Operation(
            summary =
                    "Takes a run that waits: a ClaimRequest; waits up to wait_ms for one, and answers {} when there is none")
    public String claim(
            @RestQuery("wait_ms") @DefaultValue("0") long waitMs, InputStream body, @Context RoutingContext context) {
        if (waitMs < 0 || waitMs > MAX_WAIT_MS) {
            throw new InvalidArgument("wait_ms: " + waitMs + " (expected: 0 to " + MAX_WAIT_MS + ")");
        }
        ClaimRequest request =
                ProtoJson.read(bodies.read(body), ClaimRequest.newBuilder()).build();
        RestCall call = RestCall.of(context);
        String token = token(context);
        return ProtoJson.write(ClaimPoll.until(
                call, Duration.ofMillis(waitMs), () -> service.work(call, token, stub -> stub.claim(request))));
    }

    @POST
    @Path("runs/{run}/heartbeat")
    @Operation(summary = "Keeps a run, and hears whether it is still wanted: a HeartbeatRequest")
    public String heartbeat(@RestPath String run, InputStream body, @Context RoutingContext context) {
        HeartbeatRequest request = ProtoJson.read(bodies.read(body), HeartbeatRequest.newBuilder())
                .setRunId(run)
                .build();
        return answer(context, stub -> stub.heartbeat(request));
    }

    @POST
    @Path("runs/{run}/report")
    @Operation(summary = "Tells what a run wrote and measured: a ReportRequest; one that is repeated counts once")
    public String report(@RestPath String run, InputStream body, @Context RoutingContext context) {
        ReportRequest request = ProtoJson.read(bodies.read(body), ReportRequest.newBuilder())
                .setRunId(run)
                .build();
        return answer(context, stub -> stub.report(request));
    }

    @GET
    @Path("runs/{run}/data")
    @Produces(MediaType.APPLICATION_OCTET_STREAM)
    @Operation(summary = "The data that were sent with the job, from an offset on")
    public Response data(
            @RestPath String run,
            @RestQuery("lease_token") long lease,
            @RestQuery @DefaultValue("0") long offset,
            @Context RoutingContext context) {
        RestCall call = RestCall.of(context);
        String token = token(context);
        FetchDataRequest request = FetchDataRequest.newBuilder()
                .setRunId(run)
                .setLeaseToken(lease)
                .setLimitBytes(PIECE)
                .build();
        // Before the answer begins, so that a refusal has its status.
        ByteString first = piece(call, token, request, offset);
        StreamingOutput rest = output -> {
            long next = offset;
            for (ByteString piece = first; !piece.isEmpty(); piece = piece(call, token, request, next)) {
                piece.writeTo(output);
                next += piece.size();
            }
        };
        return Response.ok(rest).build();
    }

    private ByteString piece(RestCall call, String token, FetchDataRequest request, long offset) {
        FetchDataRequest at = request.toBuilder().setOffset(offset).build();
        return service.work(call, token, stub -> stub.fetchData(at)).getContent();
    }

    @POST
    @Path("runs/{run}/files")
    @Operation(summary = "Announces a file of the result, or asks how much of it is there: a BeginUploadRequest")
    public String beginUpload(@RestPath String run, InputStream body, @Context RoutingContext context) {
        BeginUploadRequest request = ProtoJson.read(bodies.read(body), BeginUploadRequest.newBuilder())
                .setRunId(run)
                .build();
        return answer(context, stub -> stub.beginUpload(request));
    }

    @PUT
    @Path("runs/{run}/files")
    @Operation(summary = "Appends bytes to a file of the result, at the offset where it ends; a part of it will do")
    public String upload(
            @RestPath String run,
            @RestQuery("lease_token") long lease,
            @RestQuery @DefaultValue("") String path,
            @RestQuery long offset,
            InputStream body,
            @Context RoutingContext context) {
        RestCall call = RestCall.of(context);
        String token = token(context);
        UploadRequest request = UploadRequest.newBuilder()
                .setRunId(run)
                .setLeaseToken(lease)
                .setPath(path)
                .build();
        long next = offset;
        byte[] piece = new byte[PIECE];
        for (int length = fill(piece, body); length > 0; length = fill(piece, body)) {
            UploadRequest one = request.toBuilder()
                    .setOffset(next)
                    .setContent(ByteString.copyFrom(piece, 0, length))
                    .build();
            next = service.work(call, token, stub -> stub.upload(one)).getOffset();
        }
        return ProtoJson.write(UploadResponse.newBuilder().setOffset(next));
    }

    private static int fill(byte[] piece, InputStream body) {
        try {
            return body.readNBytes(piece, 0, piece.length);
        } catch (IOException e) {
            throw new InvalidArgument("body: " + e.getMessage());
        }
    }

    @POST
    @Path("runs/{run}/complete")
    @Operation(summary = "The run has succeeded, and all files are there: a CompleteRequest")
    public String complete(@RestPath String run, InputStream body, @Context RoutingContext context) {
        CompleteRequest request = ProtoJson.read(bodies.read(body), CompleteRequest.newBuilder())
                .setRunId(run)
                .build();
        return answer(context, stub -> stub.complete(request));
    }

    @POST
    @Path("runs/{run}/fail")
    @Operation(summary = "The run has failed, or is given back: a FailRequest")
    public String fail(@RestPath String run, InputStream body, @Context RoutingContext context) {
        FailRequest request = ProtoJson.read(bodies.read(body), FailRequest.newBuilder())
                .setRunId(run)
                .build();
        return answer(context, stub -> stub.fail(request));
    }

    private String answer(
            RoutingContext context, Function<TrainingWorkersBlockingStub, ? extends MessageOrBuilder> operation) {
        return ProtoJson.write(service.work(RestCall.of(context), token(context), operation::apply));
    }

    private static String token(RoutingContext context) {
        return WorkerToken.of(context.request().getHeader("Authorization"));
    }
}
