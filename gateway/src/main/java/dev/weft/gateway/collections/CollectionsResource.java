package dev.weft.gateway.collections;

import dev.weft.gateway.collections.Answers.AllCollections;
import dev.weft.gateway.collections.Answers.Count;
import dev.weft.gateway.collections.Answers.Deleted;
import dev.weft.gateway.collections.Answers.Matches;
import dev.weft.gateway.collections.Answers.OneCollection;
import dev.weft.gateway.collections.Answers.Points;
import dev.weft.gateway.collections.Answers.Upserted;
import dev.weft.gateway.http.BodyReader;
import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.telemetry.RequestMetrics;
import dev.weft.gateway.usage.Budget;
import dev.weft.kit.identity.AllowedModels;
import dev.weft.protocol.embedding.v1.CountPointsRequest;
import dev.weft.protocol.embedding.v1.CreateCollectionRequest;
import dev.weft.protocol.embedding.v1.DeleteCollectionRequest;
import dev.weft.protocol.embedding.v1.DeletePointsRequest;
import dev.weft.protocol.embedding.v1.DeletePointsResponse;
import dev.weft.protocol.embedding.v1.FetchPointsRequest;
import dev.weft.protocol.embedding.v1.GetCollectionRequest;
import dev.weft.protocol.embedding.v1.ListCollectionsRequest;
import dev.weft.protocol.embedding.v1.QueryPointsRequest;
import dev.weft.protocol.embedding.v1.UpsertPointsRequest;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.io.InputStream;
import java.util.function.Supplier;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;

/** Collections by REST. */
@Path("/api/v1/collections")
@Tag(name = "Collections")
@Consumes(MediaType.WILDCARD)
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class CollectionsResource {

    private final EmbeddingService service;
    private final RequestMetrics metrics;
    private final BodyReader bodies;

    CollectionsResource(EmbeddingService service, RequestMetrics metrics, BodyReader bodies) {
        this.service = service;
        this.metrics = metrics;
        this.bodies = bodies;
    }

    /** Collections' names come from clients, and each new label would be memory for good. */
    private <T> T record(String operation, Supplier<T> request) {
        return metrics.record("weft", operation, "", request);
    }

    @POST
    @ResponseStatus(201)
    @Operation(summary = "Makes a collection: name, model, dimension, metric (cosine, dot, euclidean), store")
    public OneCollection create(InputStream body, @Context RoutingContext context) {
        return record("createCollection", () -> {
            CreateCollectionRequest request = RequestReader.create(JsonValues.object(bodies.read(body)));
            return Answers.collection(service.call(RestCall.of(context), stub -> stub.createCollection(request))
                    .getCollection());
        });
    }

    @GET
    @Operation(summary = "All collections")
    public AllCollections list(@Context RoutingContext context) {
        return record(
                "listCollections",
                () -> new AllCollections(service
                        .call(
                                RestCall.of(context),
                                stub -> stub.listCollections(ListCollectionsRequest.getDefaultInstance()))
                        .getCollectionsList()
                        .stream()
                        .map(Answers::collection)
                        .toList()));
    }

    @GET
    @Path("/{name}")
    @Operation(summary = "One collection")
    public OneCollection get(@PathParam("name") String name, @Context RoutingContext context) {
        GetCollectionRequest request =
                GetCollectionRequest.newBuilder().setName(name).build();
        return record(
                "getCollection",
                () -> Answers.collection(service.call(RestCall.of(context), stub -> stub.getCollection(request))
                        .getCollection()));
    }

    @DELETE
    @Path("/{name}")
    @Operation(summary = "Removes a collection and its points")
    public void delete(@PathParam("name") String name, @Context RoutingContext context) {
        DeleteCollectionRequest request =
                DeleteCollectionRequest.newBuilder().setName(name).build();
        record("deleteCollection", () -> service.call(RestCall.of(context), stub -> stub.deleteCollection(request)));
    }

    @POST
    @Path("/{name}/points")
    @Operation(summary = "Adds points, or replaces those that have their ids; texts without vectors are embedded")
    public Upserted upsert(@PathParam("name") String name, InputStream body, @Context RoutingContext context) {
        return record("upsertPoints", () -> {
            UpsertPointsRequest request = RequestReader.upsert(name, JsonValues.object(bodies.read(body)));
            boolean embeds = request.getPointsList().stream().anyMatch(point -> point.getVectorCount() == 0);
            requireModels(name, embeds, "", RestCall.of(context));
            return new Upserted(service.call(RestCall.of(context), stub -> stub.upsertPoints(request))
                    .getUpserted());
        });
    }

    /** Whoever may not ask a model, or has spent what he may, does not have a collection ask it for him. */
    private void requireModels(String collection, boolean embeds, String rerankModel, RestCall call) {
        AllowedModels models = call.caller().models();
        Budget budget = call.tally().budget();
        if (models.patterns().isEmpty() && budget == Budget.UNLIMITED) {
            return;
        }
        GetCollectionRequest question =
                GetCollectionRequest.newBuilder().setName(collection).build();
        String model = service.call(call, stub -> stub.getCollection(question))
                .getCollection()
                .getModel();
        if (!model.isEmpty()) {
            models.require(model);
        }
        if (embeds) {
            budget.require(model);
        }
        if (!rerankModel.isEmpty()) {
            models.require(rerankModel);
            budget.require(rerankModel);
        }
    }

    @POST
    @Path("/{name}/query")
    @Operation(summary = "The points nearest to a vector or a text, nearest first")
    public Matches query(@PathParam("name") String name, InputStream body, @Context RoutingContext context) {
        return record("queryPoints", () -> {
            QueryPointsRequest request = RequestReader.query(name, JsonValues.object(bodies.read(body)));
            requireModels(name, request.hasText(), request.getRerankModel(), RestCall.of(context));
            return new Matches(
                    service.call(RestCall.of(context), stub -> stub.queryPoints(request)).getMatchesList().stream()
                            .map(Answers::match)
                            .toList());
        });
    }

    @POST
    @Path("/{name}/fetch")
    @Operation(summary = "Points by their ids")
    public Points fetch(@PathParam("name") String name, InputStream body, @Context RoutingContext context) {
        return record("fetchPoints", () -> {
            FetchPointsRequest request = RequestReader.fetch(name, JsonValues.object(bodies.read(body)));
            return new Points(
                    service.call(RestCall.of(context), stub -> stub.fetchPoints(request)).getPointsList().stream()
                            .map(Answers::point)
                            .toList());
        });
    }

    @POST
    @Path("/{name}/delete")
    @Operation(summary = "Removes points: by ids, by a filter, or all")
    public Deleted deletePoints(@PathParam("name") String name, InputStream body, @Context RoutingContext context) {
        return record("deletePoints", () -> {
            DeletePointsRequest request = RequestReader.delete(name, JsonValues.object(bodies.read(body)));
            DeletePointsResponse response = service.call(RestCall.of(context), stub -> stub.deletePoints(request));
            return new Deleted(response.hasDeleted() ? response.getDeleted() : null);
        });
    }

    @GET
    @Path("/{name}/count")
    @Operation(summary = "How many points there are")
    public Count count(@PathParam("name") String name, @Context RoutingContext context) {
        CountPointsRequest request =
                CountPointsRequest.newBuilder().setCollection(name).build();
        return record(
                "countPoints",
                () -> new Count(service.call(RestCall.of(context), stub -> stub.countPoints(request))
                        .getCount()));
    }
}
