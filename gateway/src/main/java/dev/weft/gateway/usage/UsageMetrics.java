package dev.weft.gateway.usage;

import dev.weft.kit.rpc.CallEffort;
import dev.weft.kit.telemetry.MetricNames;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Usage as Prometheus' counters, by model and backend, and by key where the configuration says so. Thread-safe. */
@Singleton
class UsageMetrics {

    /** Time series are memory for good. */
    private static final int MOST = 10_000;

    private static final double MICROS = 1e6;
    private static final double NANOS = 1e9;

    private record Labels(String keyId, String model, String backend) {}

    private record Counters(Counter rows, Counter prompt, Counter completion, Counter compute, Counter cost) {}

    private final MeterRegistry registry;
    private final boolean keyLabel;
    private final Map<Labels, Counters> counters = new ConcurrentHashMap<>();

    UsageMetrics(MeterRegistry registry, UsageConfig config) {
        this.registry = registry;
        this.keyLabel = config.keyLabel();
    }

    void add(String keyId, String model, String backend, CallEffort effort, long costNanos) {
        Labels labels = new Labels(keyLabel ? keyId : "", model, backend);
        Counters counted = counters.get(labels);
        if (counted == null) {
            if (counters.size() >= MOST) {
                return;
            }
            counted = counters.computeIfAbsent(labels, this::counters);
        }
        add(counted.rows(), (double) effort.rows());
        add(counted.prompt(), (double) effort.promptTokens());
        add(counted.completion(), (double) effort.completionTokens());
        add(counted.compute(), effort.computeMicros() / MICROS);
        add(counted.cost(), costNanos / NANOS);
    }

    private static void add(Counter counter, double amount) {
        if (amount > 0) {
            counter.increment(amount);
        }
    }

    private Counters counters(Labels labels) {
        Tags tags = Tags.of("model", labels.model(), "backend", labels.backend());
        Tags all = keyLabel ? tags.and("key", labels.keyId()) : tags;
        return new Counters(
                counter(MetricNames.GATEWAY_ROWS, all),
                counter(MetricNames.GATEWAY_TOKENS, all.and("kind", "prompt")),
                counter(MetricNames.GATEWAY_TOKENS, all.and("kind", "completion")),
                counter(MetricNames.GATEWAY_COMPUTE, all),
                counter(MetricNames.GATEWAY_COST, all));
    }

    private Counter counter(String name, Tags tags) {
        return Counter.builder(name).tags(tags).register(registry);
    }
}
