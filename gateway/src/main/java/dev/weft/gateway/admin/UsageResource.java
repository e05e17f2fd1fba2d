package dev.weft.gateway.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.weft.gateway.keys.Caller;
import dev.weft.gateway.keys.Scope;
import dev.weft.gateway.usage.UsageCounters;
import dev.weft.gateway.usage.UsageReport;
import dev.weft.gateway.usage.UsageReport.Group;
import dev.weft.kit.error.Failure.InvalidArgument;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** What keys have used. */
@Path("/api/v1/usage")
@Tag(name = "Keys")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class UsageResource {

    private static final Duration DEFAULT_SPAN = Duration.ofDays(1);

    private static final int NANO_DIGITS = 9;

    private final UsageReport report;

    UsageResource(UsageReport report) {
        this.report = report;
    }

    /**
     * Sums.
     *
     * @param groupBy what they are told apart by
     */
    @RegisterForReflection
    record Usage(
            String from,
            String to,
            @JsonProperty("group_by") List<String> groupBy,
            List<Sum> usage) {}

    /**
     * A sum; what it is not told apart by is absent.
     *
     * @param key the key's id
     * @param name the key's name
     * @param time when the hour or day began
     * @param cost in the currency of the configured prices
     */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Sum(
            @Nullable String key,
            @Nullable String name,
            @Nullable String model,
            @Nullable String backend,
            @Nullable String time,
            long requests,
            long errors,
            long rows,
            @JsonProperty("prompt_tokens") long promptTokens,
            @JsonProperty("completion_tokens") long completionTokens,
            @JsonProperty("compute_ms") double computeMs,
            BigDecimal cost) {

        static Sum of(UsageReport.Row row) {
            Instant start = row.start();
            return new Sum(
                    row.keyId(),
                    row.keyName(),
                    row.model(),
                    row.backend(),
                    start == null ? null : start.toString(),
                    row.requests(),
                    row.errors(),
                    row.rows(),
                    row.promptTokens(),
                    row.completionTokens(),
                    row.computeMicros() / 1e3,
                    new BigDecimal(BigDecimal.valueOf(row.costNanos(), NANO_DIGITS)
                            .stripTrailingZeros()
                            .toPlainString()));
        }
    }

    @GET
    @Operation(
            summary =
                    "Sums of usage by key, model, backend, hour or day; all keys' for administrators, the key's own for others")
    public Usage usage(
            @RestQuery @Nullable String from,
            @RestQuery @Nullable String to,
            @RestQuery("group_by") @DefaultValue("key,model") String groupBy,
            @Context RoutingContext context) {
        Instant end = instant(to, "to", Instant.now());
        Instant start = instant(from, "from", end.minus(DEFAULT_SPAN));
        Set<Group> groups = EnumSet.noneOf(Group.class);
        for (String name : groupBy.split(",", -1)) {
            groups.add(Group.of(name.strip()));
        }
        Caller caller = Caller.of(context);
        String only = caller.may(Scope.ADMIN) ? null : UsageCounters.keyId(caller);
        List<Sum> sums = report.sums(new UsageReport.Query(start, end, groups, only)).stream()
                .map(Sum::of)
                .toList();
        return new Usage(
                start.toString(),
                end.toString(),
                groups.stream().map(Group::wireName).toList(),
                sums);
    }

    private static Instant instant(@Nullable String text, String name, Instant otherwise) {
        if (text == null) {
            return otherwise;
        }
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException _) {
            throw new InvalidArgument(name + ": '" + text + "' (expected: a time such as 2027-01-31T00:00:00Z)");
        }
    }
}
