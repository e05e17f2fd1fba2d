package dev.weft.gateway.admin;

import dev.weft.gateway.admin.ModelRequests.AliasTargets;
import dev.weft.gateway.admin.ModelRequests.Change;
import dev.weft.gateway.admin.ModelRequests.Creation;
import dev.weft.gateway.admin.ModelRequests.VersionRegistration;
import dev.weft.gateway.audit.Actor;
import dev.weft.gateway.catalog.Catalog;
import dev.weft.gateway.catalog.CatalogModel;
import dev.weft.gateway.http.BodyReader;
import dev.weft.gateway.http.JsonBody;
import dev.weft.kit.error.Failure.InvalidArgument;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.net.URI;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestHeader;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/**
 * The model catalog. An answer about one model carries its revision as {@code ETag}; a change that says {@code If-Match} is made only when the
 * model still has it, and 412 otherwise.
 */
@Path("/api/v1/models")
@Tag(name = "Models")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.WILDCARD)
@RunOnVirtualThread
public class ModelsResource {

    private final Catalog catalog;
    private final ModelPlaces places;
    private final BodyReader bodies;

    ModelsResource(Catalog catalog, ModelPlaces places, BodyReader bodies) {
        this.catalog = catalog;
        this.places = places;
        this.bodies = bodies;
    }

    @GET
    @Operation(
            summary = "Every model of the catalog, and every other that a replica knows; in the order of their names")
    public ModelAnswers.Models list(
            @RestQuery @DefaultValue("") String after,
            @RestQuery @DefaultValue("false") boolean archived,
            @RestQuery @DefaultValue("100") int limit) {
        List<CatalogModel> page = catalog.list(after, archived, limit);
        String next = page.size() < limit ? null : page.getLast().name();
        return new ModelAnswers.Models(
                page.stream().map(places::describe).toList(), places.notInCatalog(after, next), next);
    }

    @POST
    @Operation(summary = "Makes a model without versions")
    @RequestBody(content = @Content(schema = @Schema(implementation = Creation.class)))
    public Response create(InputStream body, @Context RoutingContext context) {
        Creation wanted = JsonBody.parse(bodies.read(body), Creation.class);
        CatalogModel made = catalog.create(
                wanted.checkedName(), wanted.checkedDescription(), wanted.checkedServing(), actor(context));
        return answer(made, Response.created(URI.create("/api/v1/models/" + made.name())));
    }

    @GET
    @Path("{model}")
    @Operation(summary = "A model, its versions and aliases, and where they run or why not")
    public Response get(@RestPath String model) {
        return answer(catalog.get(model), Response.ok());
    }

    @PATCH
    @Path("{model}")
    @Operation(summary = "Changes a model's description and how it is served; what is not named stays")
    @RequestBody(content = @Content(schema = @Schema(implementation = Change.class)))
    public Response update(
            @RestPath String model,
            @RestHeader(HttpHeaders.IF_MATCH) @Nullable String ifMatch,
            InputStream body,
            @Context RoutingContext context) {
        Change wanted = JsonBody.parse(bodies.read(body), Change.class);
        return answer(
                catalog.update(model, revision(ifMatch), wanted.description(), wanted.serving(), actor(context)),
                Response.ok());
    }

    @POST
    @Path("{model}/versions")
    @Operation(summary = "Registers a version; makes the model where there is none")
    @RequestBody(content = @Content(schema = @Schema(implementation = VersionRegistration.class)))
    public Response register(@RestPath String model, InputStream body, @Context RoutingContext context) {
        Catalog.Registration done = catalog.register(
                model,
                JsonBody.parse(bodies.read(body), VersionRegistration.class).checked(),
                actor(context));
        URI location = URI.create(
                "/api/v1/models/" + model + "/versions/" + done.version().number());
        Response.ResponseBuilder response = done.created() ? Response.created(location) : Response.ok();
        return response.tag(tag(done.model())).entity(done.version()).build();
    }

    @GET
    @Path("{model}/versions/{version}")
    @Operation(summary = "One version of a model")
    public Response version(@RestPath String model, @RestPath String version) {
        CatalogModel of = catalog.get(model);
        return Response.ok(of.version(number(version)).orElseThrow(() -> ModelRequests.noVersion(model, version)))
                .tag(tag(of))
                .build();
    }

    @POST
    @Path("{model}/archive")
    @Operation(summary = "Serves a model no more; it can be restored")
    public Response archive(
            @RestPath String model,
            @RestHeader(HttpHeaders.IF_MATCH) @Nullable String ifMatch,
            @Context RoutingContext context) {
        return answer(catalog.setArchived(model, revision(ifMatch), 0, true, actor(context)), Response.ok());
    }

    @POST
    @Path("{model}/restore")
    @Operation(summary = "Takes an archiving back")
    public Response restore(
            @RestPath String model,
            @RestHeader(HttpHeaders.IF_MATCH) @Nullable String ifMatch,
            @Context RoutingContext context) {
        return answer(catalog.setArchived(model, revision(ifMatch), 0, false, actor(context)), Response.ok());
    }

    @POST
    @Path("{model}/versions/{version}/archive")
    @Operation(summary = "Serves a version no more; it can be restored")
    public Response archiveVersion(
            @RestPath String model,
            @RestPath String version,
            @RestHeader(HttpHeaders.IF_MATCH) @Nullable String ifMatch,
            @Context RoutingContext context) {
        return answer(
                catalog.setArchived(model, revision(ifMatch), number(version), true, actor(context)), Response.ok());
    }

    @POST
    @Path("{model}/versions/{version}/restore")
    @Operation(summary = "Takes an archiving back")
    public Response restoreVersion(
            @RestPath String model,
            @RestPath String version,
            @RestHeader(HttpHeaders.IF_MATCH) @Nullable String ifMatch,
            @Context RoutingContext context) {
        return answer(
                catalog.setArchived(model, revision(ifMatch), number(version), false, actor(context)), Response.ok());
    }

    @PUT
    @Path("{model}/aliases/{alias}")
    @Operation(summary = "Points an alias to a version, or to several by percent")
    @RequestBody(content = @Content(schema = @Schema(implementation = AliasTargets.class)))
    public Response setAlias(
            @RestPath String model,
            @RestPath String alias,
            @RestHeader(HttpHeaders.IF_MATCH) @Nullable String ifMatch,
            InputStream body,
            @Context RoutingContext context) {
        AliasTargets wanted = JsonBody.parse(bodies.read(body), AliasTargets.class);
        return answer(
                catalog.setAlias(model, revision(ifMatch), alias, wanted.checkedSplits(), actor(context)),
                Response.ok());
    }

    @DELETE
    @Path("{model}/aliases/{alias}")
    @Operation(summary = "Takes an alias away")
    public Response deleteAlias(
            @RestPath String model,
            @RestPath String alias,
            @RestHeader(HttpHeaders.IF_MATCH) @Nullable String ifMatch,
            @Context RoutingContext context) {
        return answer(catalog.deleteAlias(model, revision(ifMatch), alias, actor(context)), Response.ok());
    }

    private Response answer(CatalogModel model, Response.ResponseBuilder response) {
        return response.tag(tag(model)).entity(places.describe(model)).build();
    }

    private static String tag(CatalogModel model) {
        return Long.toString(model.revision());
    }

    private static Actor actor(RoutingContext context) {
        return Actors.of(context);
    }

    private static long number(String version) {
        try {
            long number = Long.parseLong(version);
            if (number > 0) {
                return number;
            }
        } catch (NumberFormatException _) {
            // the same answer as for a number that is none
        }
        throw new InvalidArgument("version: '" + version + "' (expected: a number from 1)");
    }

    /** The revision of an entity tag; {@link Catalog#ANY} without one. */
    private static long revision(@Nullable String ifMatch) {
        if (ifMatch == null || ifMatch.strip().equals("*")) {
            return Catalog.ANY;
        }
        String tag = ifMatch.strip();
        try {
            return Long.parseLong(
                    tag.startsWith("\"") && tag.endsWith("\"") && tag.length() > 2
                            ? tag.substring(1, tag.length() - 1)
                            : tag);
        } catch (NumberFormatException _) {
            throw new InvalidArgument("If-Match: " + ifMatch + " (expected: the ETag of the model's last answer)");
        }
    }
}
