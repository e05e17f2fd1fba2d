package dev.weft.inference.lifecycle;

import dev.weft.inference.batching.Row;
import dev.weft.inference.modelpackage.ModelId;
import dev.weft.inference.pipeline.TextRow;
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
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** The meters of one version of a model, which go on counting when it is loaded again. Thread-safe. */
final class ModelMetrics {

    private final MeterRegistry registry;
    private final Tags tags;
    private final RequestMetrics requests;
    private final Timer queue;
    private final Timer compute;
    private final DistributionSummary batch;
    private final Counter tokens;
    private final Counter hits;
    private final Counter misses;
    private volatile @Nullable IntSupplier waiting;

    ModelMetrics(MeterRegistry registry, ModelId id) {
        this.registry = registry;
        this.tags = Tags.of("model", id.name(), "version", Long.toString(id.version()));
        this.requests = new RequestMetrics(registry, tags);
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
        Gauge.builder(MetricNames.INFERENCE_PENDING, this::waiting)
                .description("Rows that wait for a session")
                .tags(tags)
                .register(registry);
        this.hits = cacheCounter("hit");
        this.misses = cacheCounter("miss");
    }

    private Counter cacheCounter(String result) {
        return Counter.builder(MetricNames.INFERENCE_CACHE)
                .description("Texts looked up in the cache of answers")
                .tags(tags.and("result", result))
                .register(registry);
    }

    private Timer timer(String name, String description) {
        return Timer.builder(name)
                .description(description)
                .serviceLevelObjectives(LatencyBuckets.bounds())
                .tags(tags)
                .register(registry);
    }

    /** Counts and times one request that arrived at {@code start}, in the terms of {@link System#nanoTime()}. */
    void answered(long start, @Nullable Throwable failure) {
        requests.answered(start, failure);
    }

    /** Counts a text that was looked up in the cache. */
    void cached(boolean hit) {
        (hit ? hits : misses).increment();
    }

    /** Records one run of the graph. */
    void ran(List<Row> rows, Duration queued, Duration computed) {
        queue.record(queued);
        compute.record(computed);
        batch.record(rows.size());
        long count = 0;
        for (Row row : rows) {
            count += row instanceof TextRow ? row.length() : 0;
        }
        tokens.increment((double) count);
    }

    private int waiting() {
        IntSupplier rows = waiting;
        return rows == null ? 0 : rows.getAsInt();
    }

    /** From now on the gauge of waiting rows shows this. */
    void observe(IntSupplier rows) {
        waiting = rows;
    }

    /** Shows that nothing waits, unless the version has been replaced and another one is shown already. */
    void forget(IntSupplier rows) {
        if (waiting == rows) {
            waiting = null;
        }
    }
}
