package dev.weft.inference.lifecycle;

import dev.weft.inference.backend.RequestBackend;
import dev.weft.inference.modelpackage.ModelId;
import dev.weft.inference.modelpackage.ModelPackage;
import dev.weft.inference.modelpackage.Task.Provided;
import dev.weft.inference.provider.ProviderModels;
import dev.weft.kit.telemetry.MetricNames;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.quarkus.virtual.threads.VirtualThreads;
import jakarta.inject.Singleton;
import java.util.concurrent.ExecutorService;

/** Makes a {@link RequestModel} of a package that names a provider's model. Stateless. */
@Singleton
final class ProvidedLoader {

    private final ProviderModels models;
    private final MeterRegistry meters;
    private final ExecutorService threads;

    ProvidedLoader(ProviderModels models, MeterRegistry meters, @VirtualThreads ExecutorService threads) {
        this.models = models;
        this.meters = meters;
        this.threads = threads;
    }

    /** @throws dev.weft.kit.error.Failure.FailedPrecondition when the provider is not configured */
    ServedModel load(ModelPackage source, Provided task) {
        return switch (task.skill()) {
            case TEXT_GENERATION -> {
                GenerationMetrics metrics = new GenerationMetrics(meters, source.id());
                RequestBackend chat = models.chat(task, metrics);
                metrics.serve();
                yield new RequestModel(source, 0, chat, metrics.requests(), metrics::close, threads);
            }
            case SENTENCE_EMBEDDING -> {
                Tags tags = tags(source.id());
                Counter tokens = Counter.builder(MetricNames.INFERENCE_TOKENS)
                        .description("Tokens computed, padding not counted")
                        .tags(tags)
                        .register(meters);
                RequestBackend embedding = models.embedding(task, tokens::increment);
                yield new RequestModel(
                        source, 0, embedding, new RequestMetrics(meters, tags), ProvidedLoader::nothing, threads);
            }
        };
    }

    private static Tags tags(ModelId id) {
        return Tags.of("model", id.name(), "version", Long.toString(id.version()));
    }

    private static void nothing() {
        // counters stay, as Prometheus expects of counters
    }
}
