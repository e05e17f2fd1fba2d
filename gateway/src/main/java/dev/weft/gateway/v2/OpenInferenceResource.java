package dev.weft.gateway.v2;

import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.telemetry.RequestMetrics;
import dev.weft.gateway.upstream.InferenceUpstream;
import dev.weft.gateway.upstream.ModelRepository;
import dev.weft.gateway.v2.WireRecords.Index;
import dev.weft.gateway.v2.WireRecords.IndexRequest;
import dev.weft.gateway.v2.WireRecords.Live;
import dev.weft.gateway.v2.WireRecords.Loaded;
import dev.weft.gateway.v2.WireRecords.ModelMetadata;
import dev.weft.gateway.v2.WireRecords.ModelReadiness;
import dev.weft.gateway.v2.WireRecords.Models;
import dev.weft.gateway.v2.WireRecords.Ready;
import dev.weft.gateway.v2.WireRecords.ServerMetadata;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.ModelMetadataRequest;
import dev.weft.protocol.inference.ModelReadyRequest;
import dev.weft.protocol.inference.ServerReadyRequest;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.function.Supplier;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jspecify.annotations.Nullable;

/** The Open Inference Protocol V2 over REST: health, metadata and the model repository. */
@Path("/v2")
@Tag(name = "Open Inference Protocol V2")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class OpenInferenceResource {

    private static final String PROTOCOL = "v2";

    private final InferenceUpstream upstream;
    private final ModelRepository repository;
    private final RequestMetrics metrics;
    private final String version;

    OpenInferenceResource(
            InferenceUpstream upstream,
            ModelRepository repository,
            RequestMetrics metrics,
            @ConfigProperty(name = "quarkus.application.version") String version) {
        this.upstream = upstream;
        this.repository = repository;
        this.metrics = metrics;
        this.version = version;
    }

    @GET
    @Operation(summary = "Name, version and extensions of this server")
    public ServerMetadata server() {
        return new ServerMetadata(
                "weft",
                version,
                List.of("binary_tensor_data", "model_repository", "model_repository(unload_dependents)"));
    }

    @GET
    @Path("health/live")
    @Operation(summary = "True while the gateway can answer")
    public Live live() {
        return new Live(true);
    }

    @GET
    @Path("health/ready")
    @Operation(summary = "200 when models can be asked, 503 before")
    public Response ready(@Context RoutingContext context) {
        boolean ready;
        try {
            ready = upstream.call(
                            RestCall.of(context),
                            GRPCInferenceServiceGrpc.getServerReadyMethod(),
                            ServerReadyRequest.getDefaultInstance())
                    .getReady();
        } catch (Unavailable _) {
            ready = false;
        }
        return Response.status(ready ? 200 : 503).entity(new Ready(ready)).build();
    }

    @GET
    @Path("models")
    @Operation(summary = "Names of the models that are ready")
    public Models models(@Context RoutingContext context) {
        return new Models(index(new IndexRequest(true), context).stream()
                .map(Index::name)
                .distinct()
                .toList());
    }

    @GET
    @Path("models/{model}")
    @Operation(summary = "Inputs and outputs of a model")
    public ModelMetadata model(@RestPath String model, @Context RoutingContext context) {
        return metadata(model, "", context);
    }

    @GET
    @Path("models/{model}/versions/{version}")
    @Operation(summary = "Inputs and outputs of one version of a model")
    public ModelMetadata modelVersion(
            @RestPath String model, @RestPath String version, @Context RoutingContext context) {
        return metadata(model, version, context);
    }

    private ModelMetadata metadata(String model, String modelVersion, RoutingContext context) {
        return record(
                "ModelMetadata",
                model,
                () -> ModelMetadata.of(upstream.call(
                        model,
                        modelVersion,
                        RestCall.of(context),
                        GRPCInferenceServiceGrpc.getModelMetadataMethod(),
                        ModelMetadataRequest.newBuilder()
                                .setName(model)
                                .setVersion(modelVersion)
                                .build())));
    }

    @GET
    @Path("models/{model}/ready")
    @Operation(summary = "200 when the model can be asked, 503 when it is known and cannot")
    public Response modelReady(@RestPath String model, @Context RoutingContext context) {
        return readiness(model, "", context);
    }

    @GET
    @Path("models/{model}/versions/{version}/ready")
    @Operation(summary = "200 when that version can be asked, 503 when it is known and cannot")
    public Response modelVersionReady(
            @RestPath String model, @RestPath String version, @Context RoutingContext context) {
        return readiness(model, version, context);
    }

    private Response readiness(String model, String modelVersion, RoutingContext context) {
        boolean ready = upstream.call(
                        model,
                        modelVersion,
                        RestCall.of(context),
                        GRPCInferenceServiceGrpc.getModelReadyMethod(),
                        ModelReadyRequest.newBuilder()
                                .setName(model)
                                .setVersion(modelVersion)
                                .build())
                .getReady();
        return Response.status(ready ? 200 : 503)
                .entity(new ModelReadiness(model, ready))
                .build();
    }

    @POST
    @Path("repository/index")
    @Consumes(MediaType.WILDCARD)
    @Operation(summary = "Every model of the repository and its state")
    @RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = IndexRequest.class),
                            examples = @ExampleObject(name = "text", value = "{\"ready\": true}")))
    public List<Index> index(@Nullable IndexRequest request, @Context RoutingContext context) {
        boolean readyOnly = request != null && Boolean.TRUE.equals(request.ready());
        RestCall call = RestCall.of(context);
        return repository.index(readyOnly, call.deadline()).stream()
                .filter(model -> call.caller().models().allow(model.getName()))
                .map(model -> new Index(model.getName(), model.getVersion(), model.getState(), model.getReason()))
                .toList();
    }

    @POST
    @Path("repository/models/{model}/load")
    @Consumes(MediaType.WILDCARD)
    @Operation(summary = "Loads a model, or replaces it by what lies in the repository now")
    public Loaded load(@RestPath String model, @Context RoutingContext context) {
        change(
                "RepositoryModelLoad",
                model,
                () -> repository.load(model, RestCall.of(context).deadline()));
        return new Loaded(model, true);
    }

    @POST
    @Path("repository/models/{model}/unload")
    @Consumes(MediaType.WILDCARD)
    @Operation(summary = "Unloads a model; requests in flight are finished first")
    public Loaded unload(@RestPath String model, @Context RoutingContext context) {
        change(
                "RepositoryModelUnload",
                model,
                () -> repository.unload(model, RestCall.of(context).deadline()));
        return new Loaded(model, false);
    }

    private void change(String operation, String model, Runnable change) {
        record(operation, model, () -> {
            change.run();
            return model;
        });
    }

    private <T> T record(String operation, String model, Supplier<T> request) {
        return metrics.record(PROTOCOL, operation, model, request);
    }
}
