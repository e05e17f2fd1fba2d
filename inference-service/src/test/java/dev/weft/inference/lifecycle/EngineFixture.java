package dev.weft.inference.lifecycle;

import dev.weft.inference.modelpackage.ModelId;
import dev.weft.inference.provider.ProviderModels;
import dev.weft.inference.provider.ProvidersConfig;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;

/** The engine's parts as the service wires them, around a folder of models and without a server. */
final class EngineFixture {

    final MeterRegistry meters = new SimpleMeterRegistry();
    final EngineConfig config;
    final ModelLoader loader;
    final ModelRegistry registry;

    /**
     * Wires them; loads nothing.
     *
     * @param models the repository
     * @param threads where requests are prepared
     * @param settings keys without {@code weft.inference.}, and their values
     */
    EngineFixture(Path models, ExecutorService threads, Map<String, String> settings) {
        Map<String, String> keys = new HashMap<>();
        keys.put("weft.inference.model-folders", models.toString());
        keys.put("weft.inference.device", "cpu");
        settings.forEach((key, value) -> keys.put("weft.inference." + key, value));
        SmallRyeConfig source = new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(EngineConfig.class)
                .withMapping(GenerationConfig.class)
                .withMapping(ModelStoreConfig.class)
                .withMapping(ProvidersConfig.class)
                .withSources(new PropertiesConfigSource(keys, "test", 500))
                .build();
        config = source.getConfigMapping(EngineConfig.class);
        DeviceSelection device = new DeviceSelection(config, meters);
        GeneratorLoader generators =
                new GeneratorLoader(source.getConfigMapping(GenerationConfig.class), device, meters, threads);
        ProviderModels provider = ProviderModels.of(source.getConfigMapping(ProvidersConfig.class), meters);
        ProvidedLoader provided = new ProvidedLoader(provider, meters, threads);
        loader = new ModelLoader(config, device, generators, provided, meters, threads);
        ModelStoreConfig stores = source.getConfigMapping(ModelStoreConfig.class);
        FetchedPackages packages = new FetchedPackages(stores, ReadableStores.of(stores, Optional.empty()));
        registry = new ModelRegistry(config, loader, packages, meters);
    }

    /** Loads version 1 of a package that lies in this folder. */
    ServedModel load(Path folder) {
        ModelId id = new ModelId(folder.getFileName().toString(), 1);
        return loader.load(loader.read(id, folder));
    }
}
