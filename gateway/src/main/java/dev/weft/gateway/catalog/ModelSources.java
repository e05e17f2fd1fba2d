package dev.weft.gateway.catalog;

import dev.weft.kit.error.Failure.InvalidArgument;
import jakarta.inject.Singleton;
import java.util.List;

/** From where versions may be registered. */
@Singleton
final class ModelSources {

    private final List<String> allowed;

    ModelSources(CatalogConfig config) {
        this.allowed = config.sources();
    }

    /** Refuses an address that begins like none that is allowed; an empty one is allowed. */
    void requireAllowed(String uri) {
        if (uri.isEmpty()) {
            return;
        }
        boolean fits = allowed.stream().anyMatch(uri::startsWith);
        boolean isPlain = uri.chars().allMatch(c -> c > ' ' && c < 127) && !uri.contains("..");
        if (!fits || !isPlain) {
            throw new InvalidArgument("source_uri: '" + (uri.length() > 200 ? uri.substring(0, 200) + "…" : uri)
                    + "' (expected: one that begins with one of " + allowed
                    + " and goes nowhere up; weft.gateway.catalog.sources)");
        }
    }
}
