package dev.weft.gateway.admin;

import dev.weft.gateway.admin.KeyRecords.OneKey;
import dev.weft.gateway.admin.KeyRecords.SomeKeys;
import dev.weft.gateway.http.BodyReader;
import dev.weft.gateway.keys.ApiKey;
import dev.weft.gateway.keys.Keys;
import dev.weft.kit.error.Failure.InvalidArgument;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.net.URI;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestQuery;

/** Keys of clients. */
@Path("/api/v1/keys")
@Tag(name = "Keys")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class KeysResource {

    private static final int MOST = 1_000;

    private static final String NEW_EXAMPLE = """
            {"name": "risk-team", "owner": "ana@example.com", "scopes": ["infer"], "models": ["intent", "bge-*"], \
            "limits": {"requests_per_second": 20, "burst": 40, "tokens_per_minute": 100000, "concurrent": 8}, \
            "expires_at": "2027-12-31T00:00:00Z"}""";

    private static final String CHANGE_EXAMPLE = """
            {"limits": {"requests_per_second": 50}, "expires_at": null}""";

    private final Keys keys;
    private final BodyReader bodies;

    KeysResource(Keys keys, BodyReader bodies) {
        this.keys = keys;
        this.bodies = bodies;
    }

    @POST
    @Consumes(MediaType.WILDCARD)
    @Operation(summary = "Makes a key; the answer is the only one that has it")
    @RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(type = SchemaType.OBJECT),
                            examples = @ExampleObject(name = "key", value = NEW_EXAMPLE)))
    public Response create(InputStream body, @Context RoutingContext context) {
        Keys.Created created = keys.create(KeyRequest.wanted(bodies.read(body)), Actors.of(context));
        return Response.created(URI.create("/api/v1/keys/" + created.key().id()))
                .entity(OneKey.of(created.key(), created.text().value()))
                .header("Cache-Control", "no-store")
                .build();
    }

    @GET
    @Operation(summary = "All keys, revoked ones too, in the order of their ids")
    public SomeKeys list(@RestQuery @DefaultValue("") String after, @RestQuery @DefaultValue("100") int limit) {
        if (limit < 1 || limit > MOST) {
            throw new InvalidArgument("limit: " + limit + " (expected: 1 to " + MOST + ")");
        }
        List<ApiKey> found = keys.list(after, limit + 1);
        List<OneKey> page =
                found.stream().limit(limit).map(key -> OneKey.of(key, null)).toList();
        return new SomeKeys(page, found.size() > limit ? page.getLast().id() : null);
    }

    @GET
    @Path("{id}")
    @Operation(summary = "One key")
    public OneKey get(@RestPath String id) {
        return OneKey.of(keys.get(id), null);
    }

    @PATCH
    @Path("{id}")
    @Consumes(MediaType.WILDCARD)
    @Operation(summary = "Changes a key's models, limits or expiry; what the body leaves out stays, null takes away")
    @RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(type = SchemaType.OBJECT),
                            examples = @ExampleObject(name = "limits", value = CHANGE_EXAMPLE)))
    public OneKey change(@RestPath String id, InputStream body, @Context RoutingContext context) {
        return OneKey.of(keys.change(id, KeyRequest.change(bodies.read(body)), Actors.of(context)), null);
    }

    @DELETE
    @Path("{id}")
    @Operation(summary = "Revokes a key: within a second no gateway takes it any more")
    public OneKey revoke(@RestPath String id, @Context RoutingContext context) {
        return OneKey.of(keys.revoke(id, Actors.of(context)), null);
    }
}
