package dev.weft.gateway.upstream;

import dev.weft.gateway.http.RestCall;
import dev.weft.kit.error.Failure;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.ModelMetadataRequest;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the models behind the gateway are for, remembered for a few seconds so that a request is one call upstream. Only models that
 * exist are remembered, the {@value #CAPACITY} that were asked last. Thread-safe; requests that come together for a model of which
 * nothing is remembered each ask for themselves.
 */
@Singleton
final class ModelDescriptions {

    static final int CAPACITY = 256;

    /** Asks a model, which must exist. */
    interface Source {
        ModelDescription describe(String model, RestCall call);
    }

    private record Entry(ModelDescription description, long since) {}

    private final Source source;
    private final long ttlNanos;
    private final LongSupplier nanoTime;

    /** Guarded by itself, and never held during a call. */
    private final Map<String, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

    @Inject
    ModelDescriptions(InferenceUpstream upstream, UpstreamConfig config) {
        this((model, call) -> ask(upstream, model, call), config.metadataTtl(), System::nanoTime);
    }

    ModelDescriptions(Source source, Duration ttl, LongSupplier nanoTime) {
        this.source = source;
        this.ttlNanos = ttl.toNanos();
        this.nanoTime = nanoTime;
    }

    private static ModelDescription ask(InferenceUpstream upstream, String model, RestCall call) {
        ModelMetadataRequest request =
                ModelMetadataRequest.newBuilder().setName(model).build();
        return ModelDescription.of(
                model, upstream.call(model, "", call, GRPCInferenceServiceGrpc.getModelMetadataMethod(), request));
    }

    /**
     * What the model was for at most a few seconds ago.
     *
     * @throws Failure when there is no such model, or no answer
     */
    ModelDescription of(String model, RestCall call) {
        long now = nanoTime.getAsLong();
        @Nullable Entry entry;
        synchronized (entries) {
            entry = entries.get(model);
        }
        return entry != null && now - entry.since() < ttlNanos ? entry.description() : current(model, call);
    }

    /**
     * What the model is for now.
     *
     * @throws Failure as {@link #of}
     */
    ModelDescription current(String model, RestCall call) {
        long now = nanoTime.getAsLong();
        ModelDescription description = source.describe(model, call);
        synchronized (entries) {
            entries.put(model, new Entry(description, now));
            if (entries.size() > CAPACITY) {
                entries.remove(entries.keySet().iterator().next());
            }
        }
        return description;
    }
}
