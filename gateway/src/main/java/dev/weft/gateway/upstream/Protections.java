package dev.weft.gateway.upstream;

import dev.weft.gateway.catalog.ResolvedModel;
import dev.weft.gateway.catalog.Serving;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The {@link Protection} of each model that has one; made anew when the catalog says something else about it. Thread-safe. */
@Singleton
final class Protections {

    private final ProtectionConfig config;
    private final Map<String, Protection> byKey = new ConcurrentHashMap<>();

    Protections(ProtectionConfig config) {
        this.config = config;
    }

    /**
     * The model's own.
     *
     * @param isFallback whether it is asked in another's place: then it has one even without fallbacks of its own
     * @return null for a model that is served without
     */
    @Nullable
    Protection of(ResolvedModel model, boolean isFallback) {
        Serving serving = model.serving();
        if (!isFallback
                && serving.fallbacks().isEmpty()
                && serving.attemptTimeoutMs() == 0
                && serving.maxConcurrent() == 0) {
            return null;
        }
        Protection protection = byKey.get(model.key());
        if (protection != null && protection.serving().equals(serving)) {
            return protection;
        }
        return byKey.compute(
                model.key(),
                (_, old) -> old != null && old.serving().equals(serving) ? old : new Protection(model, config));
    }
}
