package dev.weft.inference.lifecycle;

import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.telemetry.LatencyBuckets;
import dev.weft.kit.telemetry.MetricNames;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The meters of the requests of one version of a model, which go on counting when it is loaded again. Thread-safe. */
final class RequestMetrics {

    private final MeterRegistry registry;
    private final Tags tags;
    private final Timer total;
    private final Map<String, Counter> outcomes = new ConcurrentHashMap<>();

    /** @param tags the model's */
    RequestMetrics(MeterRegistry registry, Tags tags) {
        this.registry = registry;
        this.tags = tags;
        this.total = Timer.builder(MetricNames.INFERENCE_REQUEST_DURATION)
                .description("From arrival to answer")
                .serviceLevelObjectives(LatencyBuckets.bounds())
                .tags(tags)
                .register(registry);
    }

    /** Counts and times one request. */
    void timed(Runnable request) {
        long start = System.nanoTime();
        try {
            request.run();
        } catch (Throwable e) {
            answered(start, e);
            throw e;
        }
        answered(start, null);
    }

    /** Counts and times one request that arrived at {@code start}, in the terms of {@link System#nanoTime()}. */
    void answered(long start, @Nullable Throwable failure) {
        String outcome = failure == null
                ? "OK"
                : GrpcFailures.toStatus(GrpcFailures.toFailure(failure))
                        .getStatus()
                        .getCode()
                        .name();
        total.record(Duration.ofNanos(System.nanoTime() - start));
        outcomes.computeIfAbsent(outcome, this::outcome).increment();
    }

    private Counter outcome(String code) {
        return Counter.builder(MetricNames.INFERENCE_REQUESTS)
                .description("Inference requests by canonical code")
                .tags(tags.and("outcome", code))
                .register(registry);
    }
}
