package dev.weft.inference.provider;

import dev.weft.kit.error.Failure.FailedPrecondition;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.TreeMap;

/** The configured providers. Thread-safe. */
@Singleton
public final class Providers {

    private final Map<String, Provider> byName = new TreeMap<>();

    /** @throws FailedPrecondition when one is configured wrongly: the service does not start then */
    Providers(ProvidersConfig config) {
        config.providers().forEach((name, settings) -> byName.put(name, new Provider(name, settings)));
    }

    /** @throws FailedPrecondition when there is none of that name, or one without the key that it needs */
    Provider find(String name) {
        Provider provider = byName.get(name);
        if (provider == null) {
            throw new FailedPrecondition("weft.json: provider: '" + name + "' (expected: "
                    + (byName.isEmpty() ? "one that is configured" : "one of " + byName.keySet())
                    + ", see weft.inference.providers." + name + ".api-key)");
        }
        if (provider.lacksKey()) {
            throw new FailedPrecondition(provider.key("api-key") + ": missing (expected: a key of '" + name + "')");
        }
        return provider;
    }
}
