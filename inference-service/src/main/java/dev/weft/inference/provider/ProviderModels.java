package dev.weft.inference.provider;

import dev.weft.inference.backend.RequestBackend;
import dev.weft.inference.generation.GenerationObserver;
import dev.weft.inference.modelpackage.Task.Provided;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.util.function.LongConsumer;

/** Opens models that providers run. Nobody is asked until somebody asks the model: a request costs money. Stateless. */
@Singleton
public final class ProviderModels {

    private final Providers providers;
    private final ProviderClient client;

    ProviderModels(Providers providers, ProviderClient client) {
        this.providers = providers;
        this.client = client;
    }

    /** What the service wires, for those who have no container. */
    public static ProviderModels of(ProvidersConfig config, MeterRegistry meters) {
        return new ProviderModels(new Providers(config), new ProviderClient(meters));
    }

    /** @throws dev.weft.kit.error.Failure.FailedPrecondition when the provider is not configured */
    public RequestBackend chat(Provided model, GenerationObserver observer) {
        return new ProviderChat(providers.find(model.provider()), model, client, observer);
    }

    /**
     * Opens an embedding model.
     *
     * @param counted is told the tokens of each answer
     * @throws dev.weft.kit.error.Failure.FailedPrecondition when the provider is not configured
     */
    public RequestBackend embedding(Provided model, LongConsumer counted) {
        return new ProviderEmbedding(providers.find(model.provider()), model, client, counted);
    }
}
