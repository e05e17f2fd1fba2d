package dev.weft.gateway.telemetry;

import dev.weft.kit.error.Failure;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.telemetry.LatencyBuckets;
import dev.weft.kit.telemetry.MetricNames;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Counts and times requests by protocol, operation, model and outcome. Thread-safe. */
@Singleton
public class RequestMetrics {

    /** What stands for a model's name that nobody knows: names come from clients, and each new label is memory for good. */
    private static final String UNKNOWN = "unknown";

    private final MeterRegistry registry;
    private final Map<Labels, Counter> counters = new ConcurrentHashMap<>();
    private final Map<Labels, Timer> timers = new ConcurrentHashMap<>();

    RequestMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    /** Starts the clock of one request. */
    public Sample start(String protocol, String operation) {
        return new Sample(protocol, operation, System.nanoTime());
    }

    /** Counts and times a blocking request. */
    public <T> T record(String protocol, String operation, String model, Supplier<T> request) {
        Sample sample = start(protocol, operation);
        try {
            T answer = request.get();
            sample.stop(model, null);
            return answer;
        } catch (RuntimeException e) {
            sample.stop(model, GrpcFailures.toFailure(e));
            throw e;
        }
    }

    private record Labels(String protocol, String operation, String model, String outcome) {}

    /** One request whose clock runs. */
    public final class Sample {
        private final String protocol;
        private final String operation;
        private final long start;

        private Sample(String protocol, String operation, long start) {
            this.protocol = protocol;
            this.operation = operation;
            this.start = start;
        }

        /** Stops the clock; {@code failure} is null when the request was answered. */
        public void stop(String model, @Nullable Failure failure) {
            String outcome = failure == null
                    ? "OK"
                    : GrpcFailures.toStatus(failure).getStatus().getCode().name();
            boolean known = !(failure instanceof Failure.NotFound || failure instanceof Failure.InvalidArgument);
            String label = known || model.isEmpty() ? model : UNKNOWN;
            counters.computeIfAbsent(new Labels(protocol, operation, label, outcome), RequestMetrics.this::counter)
                    .increment();
            timers.computeIfAbsent(new Labels(protocol, operation, label, ""), RequestMetrics.this::timer)
                    .record(Duration.ofNanos(System.nanoTime() - start));
        }
    }

    private Counter counter(Labels labels) {
        return Counter.builder(MetricNames.GATEWAY_REQUESTS)
                .description("Requests by canonical code")
                .tags("protocol", labels.protocol(), "operation", labels.operation(), "model", labels.model())
                .tag("outcome", labels.outcome())
                .register(registry);
    }

    private Timer timer(Labels labels) {
        return Timer.builder(MetricNames.GATEWAY_REQUEST_DURATION)
                .description("From the whole request to the answer")
                .serviceLevelObjectives(LatencyBuckets.bounds())
                .tags("protocol", labels.protocol(), "operation", labels.operation(), "model", labels.model())
                .register(registry);
    }
}
