package dev.weft.inference.lifecycle;

import dev.weft.inference.generation.GenerationEngine;
import dev.weft.inference.generation.GenerationObserver;
import dev.weft.inference.modelpackage.ModelId;
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

/** The meters of one version of a text generation model. Thread-safe. */
final class GenerationMetrics implements GenerationObserver, AutoCloseable {

    private final MeterRegistry registry;
    private final Tags tags;
    private final RequestMetrics requests;
    private final Timer queue;
    private final Timer compute;
    private final Timer first;
    private final DistributionSummary batch;
    private final Counter promptTokens;
    private final Counter completionTokens;
    private volatile List<Gauge> gauges = List.of();

    /** The warm-up is nobody's request. */
    private volatile boolean serving;

    GenerationMetrics(MeterRegistry registry, ModelId id) {
        this.registry = registry;
        this.tags = Tags.of("model", id.name(), "version", Long.toString(id.version()));
        this.requests = new RequestMetrics(registry, tags);
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

    /** Counts from now on. */
    void serve() {
        serving = true;
    }

    /** Counts from now on, and shows an engine's queue. */
    void serve(GenerationEngine engine) {
        serve();
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

    /** The meters that every model has. */
    RequestMetrics requests() {
        return requests;
    }

    @Override
    public void admitted(Duration waited) {
        if (serving) {
            queue.record(waited);
        }
    }

    @Override
    public void firstToken(Duration sinceArrival) {
        if (serving) {
            first.record(sinceArrival);
        }
    }

    @Override
    public void stepped(int sequences, Duration computed) {
        if (serving) {
            compute.record(computed);
            batch.record(sequences);
        }
    }

    @Override
    public void finished(int prompt, int completion) {
        if (serving) {
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
