package dev.weft.gateway.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.weft.gateway.audit.AuditEntry;
import dev.weft.gateway.audit.AuditLog;
import dev.weft.kit.error.Failure.InvalidArgument;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Who changed what. */
@Path("/api/v1/audit")
@Tag(name = "Audit")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class AuditResource {

    private static final int MOST = 1_000;

    private final AuditLog audit;

    AuditResource(AuditLog audit) {
        this.audit = audit;
    }

    /**
     * A page of entries, the newest first.
     *
     * @param next what the next page is asked with as {@code before}; null after the last
     */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Page(
            List<AuditEntry> entries,
            @JsonProperty("next") @Nullable Long next) {}

    @GET
    @Operation(summary = "Changes, the newest first")
    public Page find(
            @RestQuery("object_type") @DefaultValue("") String objectType,
            @RestQuery("object_name") @DefaultValue("") String objectName,
            @RestQuery @DefaultValue("") String actor,
            @RestQuery @DefaultValue("0") long before,
            @RestQuery @DefaultValue("100") int limit) {
        if (limit < 1 || limit > MOST) {
            throw new InvalidArgument("limit: " + limit + " (expected: 1 to " + MOST + ")");
        }
        List<AuditEntry> entries = audit.find(new AuditLog.Query(objectType, objectName, actor, before, limit));
        return new Page(
                entries, entries.size() < limit ? null : entries.getLast().id());
    }
}
