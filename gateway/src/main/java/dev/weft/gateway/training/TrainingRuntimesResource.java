package dev.weft.gateway.training;

import dev.weft.gateway.http.BodyReader;
import dev.weft.gateway.http.RestCall;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.protocol.training.v1.CreateWorkerRequest;
import dev.weft.protocol.training.v1.DefineRuntimeRequest;
import dev.weft.protocol.training.v1.DeleteRuntimeRequest;
import dev.weft.protocol.training.v1.GetRuntimeRequest;
import dev.weft.protocol.training.v1.ListBackendsRequest;
import dev.weft.protocol.training.v1.ListRuntimesRequest;
import dev.weft.protocol.training.v1.ListWorkersRequest;
import dev.weft.protocol.training.v1.RevokeWorkerRequest;
import dev.weft.protocol.training.v1.Runtime;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.io.InputStream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jboss.resteasy.reactive.RestPath;

/** What can be trained, where, and by which workers. Only administrators change that. */
@Path("/api/v1/training")
@Tag(name = "Training")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.WILDCARD)
@RunOnVirtualThread
public class TrainingRuntimesResource {

    private final TrainingService service;
    private final BodyReader bodies;

    TrainingRuntimesResource(TrainingService service, BodyReader bodies) {
        this.service = service;
        this.bodies = bodies;
    }

    @GET
    @Path("runtimes")
    @Operation(summary = "What can be run, with its parameters")
    public String runtimes(@Context RoutingContext context) {
        return ProtoJson.write(service.call(
                RestCall.of(context), stub -> stub.listRuntimes(ListRuntimesRequest.getDefaultInstance())));
    }

    @GET
    @Path("runtimes/{runtime}")
    @Operation(summary = "One runtime")
    public String runtime(@RestPath String runtime, @Context RoutingContext context) {
        GetRuntimeRequest request =
                GetRuntimeRequest.newBuilder().setName(runtime).build();
        return ProtoJson.write(service.call(RestCall.of(context), stub -> stub.getRuntime(request))
                .getRuntime());
    }

    @PUT
    @Path("runtimes/{runtime}")
    @Operation(summary = "Makes or replaces a runtime: a Runtime of weft.training.v1 as JSON")
    public String define(@RestPath String runtime, InputStream body, @Context RoutingContext context) {
        Runtime.Builder wanted = ProtoJson.read(bodies.read(body), Runtime.newBuilder());
        if (!wanted.getName().isEmpty() && !wanted.getName().equals(runtime)) {
            throw new InvalidArgument(
                    "name: '" + wanted.getName() + "' (expected: '" + runtime + "', as the path says)");
        }
        DefineRuntimeRequest request = DefineRuntimeRequest.newBuilder()
                .setRuntime(wanted.setName(runtime))
                .build();
        return ProtoJson.write(service.call(RestCall.of(context), stub -> stub.defineRuntime(request))
                .getRuntime());
    }

    @DELETE
    @Path("runtimes/{runtime}")
    @Operation(summary = "Removes a runtime; jobs keep what they were submitted with")
    public void delete(@RestPath String runtime, @Context RoutingContext context) {
        DeleteRuntimeRequest request =
                DeleteRuntimeRequest.newBuilder().setName(runtime).build();
        var _ = service.call(RestCall.of(context), stub -> stub.deleteRuntime(request));
    }

    @GET
    @Path("backends")
    @Operation(summary = "Where jobs can run")
    public String backends(@Context RoutingContext context) {
        return ProtoJson.write(service.call(
                RestCall.of(context), stub -> stub.listBackends(ListBackendsRequest.getDefaultInstance())));
    }

    @GET
    @Path("workers")
    @Operation(summary = "Machines that may pull work")
    public String workers(@Context RoutingContext context) {
        return ProtoJson.write(service.administer(
                RestCall.of(context), stub -> stub.listWorkers(ListWorkersRequest.getDefaultInstance())));
    }

    @POST
    @Path("workers")
    @ResponseStatus(201)
    @Operation(summary = "Makes a worker and its token, which is shown this once")
    public String createWorker(InputStream body, @Context RoutingContext context) {
        CreateWorkerRequest request = ProtoJson.read(bodies.read(body), CreateWorkerRequest.newBuilder())
                .build();
        return ProtoJson.write(service.administer(RestCall.of(context), stub -> stub.createWorker(request)));
    }

    @DELETE
    @Path("workers/{worker}")
    @Operation(summary = "Ends a worker's token")
    public void revokeWorker(@RestPath String worker, @Context RoutingContext context) {
        RevokeWorkerRequest request =
                RevokeWorkerRequest.newBuilder().setName(worker).build();
        var _ = service.administer(RestCall.of(context), stub -> stub.revokeWorker(request));
    }
}
