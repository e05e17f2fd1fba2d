package dev.weft.gateway.admin;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.weft.gateway.routing.Placement;
import dev.weft.gateway.routing.Replica;
import dev.weft.gateway.routing.ReplicaStatus;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Which replicas of inference-service there are, what runs on each, and why not. */
@Path("/api/v1/replicas")
@Tag(name = "Replicas")
@Produces(MediaType.APPLICATION_JSON)
public class ReplicasResource {

    private final Placement placement;

    ReplicasResource(Placement placement) {
        this.placement = placement;
    }

    /** All of them. */
    @RegisterForReflection
    public record Replicas(List<OneReplica> replicas) {}

    /**
     * A replica, as it told about a second ago.
     *
     * @param id its address
     * @param trouble why it gets no requests; empty when it does
     * @param outstanding this gateway's requests that it has not answered
     * @param memoryBudgetBytes what loaded models may take; 0 when nothing limits them
     */
    @RegisterForReflection
    public record OneReplica(
            String id,
            String pool,
            String device,
            String trouble,
            int outstanding,
            @JsonProperty("memory_budget_bytes") long memoryBudgetBytes,
            @JsonProperty("memory_used_bytes") long memoryUsedBytes,
            List<OneModel> models) {}

    /**
     * A version of a model on a replica.
     *
     * @param state ready, loading, available, unloaded or failed
     * @param reason why it is not ready; empty when nothing is wrong
     * @param inFlight requests that the replica has, whoever sent them
     * @param copies on how many replicas this gateway wants it loaded; 0 when nobody has asked for it here
     */
    @RegisterForReflection
    public record OneModel(
            String name,
            String version,
            String state,
            String reason,
            @JsonProperty("weight_bytes") long weightBytes,
            @JsonProperty("in_flight") int inFlight,
            int copies) {}

    @GET
    @Operation(summary = "Every replica of inference-service, what runs on it, and why not")
    public Replicas replicas() {
        return new Replicas(placement.members().stream()
                .sorted(Comparator.comparing(Replica::pool).thenComparing(Replica::id))
                .map(this::describe)
                .toList());
    }

    private OneReplica describe(Replica replica) {
        ReplicaStatus status = replica.status();
        return new OneReplica(
                replica.id(),
                replica.pool(),
                status.device(),
                replica.trouble(),
                replica.outstanding(),
                status.memoryBudget(),
                status.memoryUsed(),
                status.models().entrySet().stream()
                        .filter(entry -> entry.getKey().indexOf(':') > 0)
                        .sorted(Map.Entry.comparingByKey())
                        .map(entry -> describe(entry.getKey(), entry.getValue()))
                        .toList());
    }

    /** Requests count for the version where the catalog names one, and for the name alone where the replicas choose. */
    private OneModel describe(String key, ReplicaStatus.Model model) {
        String name = key.substring(0, key.indexOf(':'));
        return new OneModel(
                name,
                key.substring(key.indexOf(':') + 1),
                model.state().name().toLowerCase(Locale.ROOT),
                model.reason(),
                model.weightBytes(),
                model.inFlight(),
                Math.max(placement.copies(key), placement.copies(name)));
    }
}
