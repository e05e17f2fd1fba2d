package dev.weft.inference.lifecycle;

import dev.weft.inference.generation.GenerationEngine;
import dev.weft.inference.generation.GenerationObserver;
import dev.weft.inference.modelpackage.ModelId;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.telemetry.LatencyBuckets;
import dev.weft.kit.telemetry.MetricNames;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The meters of one version of a text generation model. Thread-safe. */
final class GenerationMetrics implements GenerationObserver, AutoCloseable {

    private final MeterRegistry registry;
    private final Tags tags;
    private final Timer total;
    private final Timer queue;
    private final Timer compute;
    private final Timer first;
    private final DistributionSummary batch;
    private final Counter promptTokens;
    private final Counter completionTokens;
    private final Map<String, Counter> outcomes = new ConcurrentHashMap<>();
    private volatile List<Gauge> gauges = List.of();

    GenerationMetrics(MeterRegistry registry, ModelId id) {
        this.registry = registry;
        this.tags = Tags.of("model", id.name(), "version", Long.toString(id.version()));
        this.total = timer(MetricNames.INFERENCE_REQUEST_DURATION, "From arrival to answer");
        this.queue = timer(MetricNames.INFERENCE_QUEUE_DURATION, "Waiting for a session");
        this.compute = timer(MetricNames.INFERENCE_COMPUTE_DURATION, "Inside the graph");
        this.first = timer(MetricNames.GENERATION_FIRST_TOKEN, "From arrival to the first token of the answer");
        this.batch = DistributionSummary.builder(MetricNames.INFERENCE_BATCH_SIZE)
                .description("Rows per run of the graph")
                .serviceLevelObjectives(1, 2, 4, 8, 16, 32, 64, 128)
                .tags(tags)
                .register(registry);
        this.promptTokens = tokens("prompt");
        this.completionTokens = tokens("completion");
    }

    private Timer timer(String name, String description) {
        return Timer.builder(name)
                .description(description)
                .serviceLevelObjectives(LatencyBuckets.bounds())
                .tags(tags)
                .register(registry);
    }

    private Counter tokens(String kind) {
        return Counter.builder(MetricNames.GENERATION_TOKENS)
                .description("Tokens of finished answers and their prompts")
                .tags(tags.and("kind", kind))
                .register(registry);
    }

    /** Shows an engine's queue. */
    void watch(GenerationEngine engine) {
        gauges = List.of(
                Gauge.builder(MetricNames.GENERATION_WAITING, engine, GenerationEngine::waiting)
                        .description("Sequences that wait to be computed")
                        .tags(tags)
                        .register(registry),
                Gauge.builder(MetricNames.GENERATION_RUNNING, engine, GenerationEngine::running)
                        .description("Sequences that are computed")
                        .tags(tags)
                        .register(registry));
    }

    /** Counts and times one request. */
    void timed(Runnable request) {
        long start = System.nanoTime();
        String outcome = "OK";
        try {
            request.run();
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

    /** The warm-up is nobody's request. */
    private boolean isServing() {
        return !gauges.isEmpty();
    }

    @Override
    public void admitted(Duration waited) {
        if (isServing()) {
            queue.record(waited);
        }
    }

    @Override
    public void firstToken(Duration sinceArrival) {
        if (isServing()) {
            first.record(sinceArrival);
        }
    }

    @Override
    public void stepped(int sequences, Duration computed) {
        if (isServing()) {
            compute.record(computed);
            batch.record(sequences);
        }
    }

    @Override
    public void finished(int prompt, int completion) {
        if (isServing()) {
            promptTokens.increment(prompt);
            completionTokens.increment(completion);
        }
    }

    /** Ends the gauges, which would hold the engine in memory; counters stay, as Prometheus expects of counters. */
    @Override
    public void close() {
        gauges.forEach(registry::remove);
    }
}
