package dev.weft.gateway.catalog;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.weft.kit.error.Failure.InvalidArgument;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a model is served.
 *
 * @param pools that it may run in, the most wanted first; empty for any
 * @param pinned kept loaded, asked for or not
 * @param copies on how many replicas it is loaded at least, once it is loaded; 0 for the configured number
 * @param fallbacks what answers instead when it cannot: {@code name}, {@code name@version} or {@code name@alias}, tried in this order
 * @param attemptTimeoutMs how long it has to begin its answer before a fallback is asked; 0 for as long as the request has
 * @param maxConcurrent requests in flight at one gateway over which the next goes to a fallback; 0 for no bound
 */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Serving(
        List<String> pools,
        boolean pinned,
        int copies,
        List<String> fallbacks,
        @JsonProperty("attempt_timeout_ms") long attemptTimeoutMs,
        @JsonProperty("max_concurrent") int maxConcurrent,
        @Nullable Shadow shadow) {

    /** As replicas' configuration has it. */
    public static final Serving DEFAULT = new Serving(List.of(), false, 0, List.of(), 0, 0, null);

    private static final int MOST_COPIES = 1_000;
    private static final int MOST_POOLS = 8;
    private static final int MOST_FALLBACKS = 4;
    private static final long LONGEST_ATTEMPT_MS = 600_000;
    private static final int MOST_CONCURRENT = 100_000;

    public Serving {
        pools = List.copyOf(pools);
        fallbacks = List.copyOf(fallbacks);
        requireRange("pools", pools.size(), MOST_POOLS);
        requireRange("fallbacks", fallbacks.size(), MOST_FALLBACKS);
        requireRange("copies", copies, MOST_COPIES);
        requireRange("attempt_timeout_ms", attemptTimeoutMs, LONGEST_ATTEMPT_MS);
        requireRange("max_concurrent", maxConcurrent, MOST_CONCURRENT);
        pools.forEach(ModelNames::requirePool);
        fallbacks.forEach(fallback -> ModelNames.requireReference(fallback, "serving.fallbacks"));
    }

    @JsonCreator
    static Serving of(
            @JsonProperty("pools") @Nullable List<String> pools,
            @JsonProperty("pinned") boolean pinned,
            @JsonProperty("copies") int copies,
            @JsonProperty("fallbacks") @Nullable List<String> fallbacks,
            @JsonProperty("attempt_timeout_ms") long attemptTimeoutMs,
            @JsonProperty("max_concurrent") int maxConcurrent,
            @JsonProperty("shadow") @Nullable Shadow shadow) {
        return new Serving(
                Objects.requireNonNullElse(pools, List.of()),
                pinned,
                copies,
                Objects.requireNonNullElse(fallbacks, List.of()),
                attemptTimeoutMs,
                maxConcurrent,
                shadow);
    }

    private static void requireRange(String field, long value, long most) {
        if (value < 0 || value > most) {
            throw new InvalidArgument("serving." + field + ": " + value + " (expected: 0 to " + most + ")");
        }
    }
}
