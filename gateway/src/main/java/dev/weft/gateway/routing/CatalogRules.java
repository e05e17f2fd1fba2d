package dev.weft.gateway.routing;

import dev.weft.gateway.catalog.CatalogView;
import dev.weft.gateway.catalog.ResolvedModel;
import jakarta.inject.Singleton;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the catalog says about a model, and the configuration where the catalog says nothing. Thread-safe. */
@Singleton
final class CatalogRules implements PlacementRules {

    private final CatalogView catalog;
    private final Map<String, List<String>> pools;
    private final Set<String> pinned;
    private final int copies;

    CatalogRules(PlacementConfig config, CatalogView catalog) {
        this.catalog = catalog;
        this.pools = Map.copyOf(config.pools());
        this.pinned = Set.copyOf(config.pinned().orElse(List.of()));
        this.copies = Math.max(1, config.copies());
    }

    @Override
    public List<String> pools(String key) {
        @Nullable ResolvedModel model = catalog.ofKey(key);
        if (model != null && !model.serving().pools().isEmpty()) {
            return model.serving().pools();
        }
        return pools.getOrDefault(model == null ? key : model.name(), List.of());
    }

    @Override
    public int copies(String key) {
        @Nullable ResolvedModel model = catalog.ofKey(key);
        return model != null && model.serving().copies() > 0 ? model.serving().copies() : copies;
    }

    @Override
    public boolean isObtainable(String key) {
        @Nullable ResolvedModel model = catalog.ofKey(key);
        return model != null && model.isObtainable();
    }

    @Override
    public Collection<String> pinned() {
        Set<String> keys = new HashSet<>(catalog.pinnedKeys());
        for (String name : pinned) {
            List<ResolvedModel> targets = catalog.targets(name);
            if (targets.isEmpty()) {
                keys.add(name);
            }
            targets.forEach(target -> keys.add(target.key()));
        }
        return keys;
    }

    @Override
    public long generation() {
        return catalog.generation();
    }
}
