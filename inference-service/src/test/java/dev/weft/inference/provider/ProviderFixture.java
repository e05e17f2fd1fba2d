package dev.weft.inference.provider;

import dev.weft.inference.backend.RequestBackend;
import dev.weft.inference.generation.GenerationObserver;
import dev.weft.inference.modelpackage.Task.Provided;
import dev.weft.inference.modelpackage.Task.Skill;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import dev.weft.testkit.ScriptedProvider;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicLong;

/** Models of a scripted provider, as the service opens them. */
final class ProviderFixture {

    final AtomicLong tokens = new AtomicLong();
    private final String name;
    private final ProviderModels models;

    /**
     * Configures one provider, with short pauses.
     *
     * @param settings as names and values in turn, in the place of what suits tests
     */
    ProviderFixture(String name, ScriptedProvider provider, String... settings) {
        this.name = name;
        Map<String, String> values = new HashMap<>(
                Map.of("base-url", provider.baseUrl(), "api-key", ScriptedProvider.KEY, "first-backoff", "1ms"));
        for (int i = 0; i < settings.length; i += 2) {
            values.put(settings[i], settings[i + 1]);
        }
        models = ProviderModels.of(config(name, values), new SimpleMeterRegistry());
    }

    static ProvidersConfig config(String name, Map<String, String> values) {
        Map<String, String> keys = new HashMap<>();
        values.forEach((key, value) -> keys.put("weft.inference.providers." + name + "." + key, value));
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(ProvidersConfig.class)
                .withSources(new PropertiesConfigSource(keys, "test", 500))
                .build()
                .getConfigMapping(ProvidersConfig.class);
    }

    RequestBackend chat() {
        return models.chat(new Provided(Skill.TEXT_GENERATION, name, "echo", OptionalInt.empty()), new Counting());
    }

    RequestBackend embedding(OptionalInt dimensions) {
        return models.embedding(new Provided(Skill.SENTENCE_EMBEDDING, name, "letters", dimensions), tokens::addAndGet);
    }

    static List<Tensor> texts(String input, String... texts) {
        return List.of(new Tensor.Strings(
                input,
                Shape.of(texts.length),
                Arrays.stream(texts)
                        .map(text -> text.getBytes(StandardCharsets.UTF_8))
                        .toList()));
    }

    /** The only text, or the only number, of an output. */
    static String value(List<Tensor> outputs, String name) {
        return outputs.stream()
                .filter(output -> output.name().equals(name))
                .map(output -> switch (output) {
                    case Tensor.Strings strings -> new String(strings.elements().getFirst(), StandardCharsets.UTF_8);
                    case Tensor.Numbers numbers -> Long.toString(numbers.view().getLong());
                })
                .findFirst()
                .orElseThrow();
    }

    private final class Counting implements GenerationObserver {
        @Override
        public void admitted(Duration waited) {
            throw new AssertionError("a provider's model has no queue");
        }

        @Override
        public void firstToken(Duration sinceArrival) {
            // not counted here
        }

        @Override
        public void stepped(int sequences, Duration computed) {
            throw new AssertionError("a provider's model has no steps");
        }

        @Override
        public void finished(int promptTokens, int completionTokens) {
            tokens.addAndGet((long) promptTokens + completionTokens);
        }
    }
}
