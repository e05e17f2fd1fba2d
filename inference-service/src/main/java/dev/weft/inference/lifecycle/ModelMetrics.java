package dev.weft.inference.lifecycle;

import dev.weft.inference.batching.RunQueue;
import dev.weft.inference.modelpackage.ModelId;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.telemetry.MetricNames;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** The meters of one version of a model. Thread-safe. */
final class ModelMetrics implements AutoCloseable {

    private static final Duration[] LATENCY_BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofNanos(2_500_000),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10)
    };

    private final MeterRegistry registry;
    private final Tags tags;
    private final Timer total;
    private final Timer queue;
    private final Timer compute;
    private final DistributionSummary batch;
    private final Counter tokens;
    private final Gauge pending;
    private final Map<String, Counter> outcomes = new ConcurrentHashMap<>();

    ModelMetrics(MeterRegistry registry, ModelId id, RunQueue runs) {
        this.registry = registry;
        this.tags = Tags.of("model", id.name(), "version", Long.toString(id.version()));
        this.total = timer(MetricNames.INFERENCE_REQUEST_DURATION, "From arrival to answer");
        this.queue = timer(MetricNames.INFERENCE_QUEUE_DURATION, "Waiting for a session");
        this.compute = timer(MetricNames.INFERENCE_COMPUTE_DURATION, "Inside the graph");
        this.batch = DistributionSummary.builder(MetricNames.INFERENCE_BATCH_SIZE)
                .description("Rows per run of the graph")
                .serviceLevelObjectives(1, 2, 4, 8, 16, 32, 64, 128)
                .tags(tags)
                .register(registry);
        this.tokens = Counter.builder(MetricNames.INFERENCE_TOKENS)
                .description("Tokens computed, padding not counted")
                .tags(tags)
                .register(registry);
        this.pending = Gauge.builder(MetricNames.INFERENCE_PENDING, runs, RunQueue::pending)
                .description("Runs that wait for a session")
                .tags(tags)
                .register(registry);
    }

    private Timer timer(String name, String description) {
        return Timer.builder(name)
                .description(description)
                .serviceLevelObjectives(LATENCY_BUCKETS)
                .tags(tags)
                .register(registry);
    }

    /** Counts and times one request. */
    <T> T timed(Supplier<T> request) {
        long start = System.nanoTime();
        String outcome = "OK";
        try {
            return request.get();
        } catch (RuntimeException e) {
            outcome = GrpcFailures.toStatus(GrpcFailures.toFailure(e))
                    .getStatus()
                    .getCode()
                    .name();
            throw e;
        } finally {
            total.record(Duration.ofNanos(System.nanoTime() - start));
            outcomes.computeIfAbsent(outcome, this::outcome).increment();
        }
    }

    private Counter outcome(String code) {
        return Counter.builder(MetricNames.INFERENCE_REQUESTS)
                .description("Inference requests by canonical code")
                .tags(tags.and("outcome", code))
                .register(registry);
    }

    /** Records one run of the graph. */
    void ran(Duration queued, Duration computed, int rows, int tokenCount) {
        queue.record(queued);
        compute.record(computed);
        batch.record(rows);
        tokens.increment(tokenCount);
    }

    /** Ends the gauge, which would hold the queue in memory; counters stay, as Prometheus expects of counters. */
    @Override
    public void close() {
        registry.remove(pending);
    }
}
