package dev.weft.gateway.batches;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.gateway.batches.BatchFiles.FileInfo;
import dev.weft.gateway.batches.BatchFiles.Upload;
import dev.weft.gateway.http.RestCall;
import dev.weft.kit.error.Failure.InvalidArgument;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** OpenAI's files: the inputs and outputs of batches, and the data of fine-tuning. They pass through, and are never in memory or on this replica's disk. */
@Path("/v1/files")
@Tag(name = "OpenAI-compatible")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class FilesResource {

    private static final int MAX_LIST = 10_000;
    private static final String PURPOSE = "purpose";
    private static final List<String> PURPOSES = List.of(BatchFiles.BATCH, BatchFiles.FINE_TUNE);

    private final BatchFiles files;

    FilesResource(BatchFiles files) {
        this.files = files;
    }

    @POST
    @Consumes(MediaType.WILDCARD)
    @Operation(summary = "Uploads the input of batches, or the data of fine-tuning")
    @RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.MULTIPART_FORM_DATA,
                            schema = @Schema(implementation = Object.class)))
    public JsonNode upload(InputStream body, @Context HttpHeaders headers, @Context RoutingContext context) {
        try {
            return BatchJson.file(
                    read(new MultipartReader(body, headers.getHeaderString("Content-Type")), RestCall.of(context)));
        } catch (IOException e) {
            throw new InvalidArgument("body: " + e.getMessage());
        }
    }

    /** Fields may stand before the file or behind it, as the client likes. */
    private FileInfo read(MultipartReader form, RestCall call) throws IOException {
        Map<String, String> fields = new HashMap<>();
        String name = null;
        Upload upload = null;
        try {
            for (MultipartReader.Part part = form.next(); part != null; part = form.next()) {
                if (!part.name().equals("file")) {
                    fields.put(part.name(), form.value(part.name()));
                    checkPurpose(fields.get(PURPOSE));
                } else if (upload == null) {
                    name = part.fileName() == null ? "file" : part.fileName();
                    // The purpose may come behind the file, and is told then.
                    upload = files.upload(name, fields.getOrDefault(PURPOSE, BatchFiles.BATCH), expiry(fields), call);
                    form.read(upload::write);
                } else {
                    throw new InvalidArgument("file: a second one (expected: one)");
                }
            }
            if (upload == null || name == null) {
                throw new InvalidArgument("file: missing (expected: a part of that name)");
            }
            String purpose = fields.get(PURPOSE);
            if (purpose == null) {
                throw new InvalidArgument("purpose: missing (expected: one of " + PURPOSES + ")");
            }
            upload.describe(name, purpose, expiry(fields));
            return upload.finish();
        } finally {
            if (upload != null) {
                upload.close();
            }
        }
    }

    private static void checkPurpose(@Nullable String purpose) {
        if (purpose != null && !PURPOSES.contains(purpose)) {
            throw new InvalidArgument("purpose: '" + purpose + "' (expected: one of " + PURPOSES + ")");
        }
    }

    private static @Nullable Duration expiry(Map<String, String> fields) {
        String seconds = fields.get("expires_after[seconds]");
        return seconds == null
                ? null
                : BatchJson.expiry(
                        "expires_after", fields.getOrDefault("expires_after[anchor]", "created_at"), seconds);
    }

    @GET
    @Operation(summary = "All files, the newest first")
    public JsonNode list(
            @RestQuery @DefaultValue("") String purpose,
            @RestQuery @DefaultValue("") String after,
            @RestQuery @DefaultValue("10000") int limit,
            @RestQuery @DefaultValue("desc") String order,
            @Context RoutingContext context) {
        if (limit < 1 || limit > MAX_LIST) {
            throw new InvalidArgument("limit: " + limit + " (expected: 1 to " + MAX_LIST + ")");
        }
        if (!order.equals("asc") && !order.equals("desc")) {
            throw new InvalidArgument("order: '" + order + "' (expected: one of [asc, desc])");
        }
        BatchFiles.Page page = files.list(purpose, after, limit, order.equals("asc"), RestCall.of(context));
        return BatchJson.list(page.files(), page.hasMore(), BatchJson::file);
    }

    @GET
    @Path("{id}")
    @Operation(summary = "What a file is")
    public JsonNode get(@RestPath String id, @Context RoutingContext context) {
        return BatchJson.file(files.get(id, RestCall.of(context)));
    }

    @GET
    @Path("{id}/content")
    @Produces(MediaType.WILDCARD)
    @Operation(summary = "A file's bytes")
    public Response content(@RestPath String id, @Context RoutingContext context) {
        RestCall call = RestCall.of(context);
        FileInfo file = files.get(id, call);
        StreamingOutput bytes = output -> files.download(id, output, call);
        return Response.ok(bytes, MediaType.APPLICATION_OCTET_STREAM)
                .header(HttpHeaders.CONTENT_LENGTH, file.sizeBytes())
                .build();
    }

    @DELETE
    @Path("{id}")
    @Operation(summary = "Deletes a file")
    public JsonNode delete(@RestPath String id, @Context RoutingContext context) {
        files.delete(id, RestCall.of(context));
        return BatchJson.deleted(id);
    }
}
