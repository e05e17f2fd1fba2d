package dev.weft.gateway.routing;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Rules that a test sets. */
public final class FixedRules implements PlacementRules {

    final Set<String> obtainable = new HashSet<>();
    private final Map<String, List<String>> pools;
    private final Collection<String> pinned;
    private final int copies;
    long generation;

    FixedRules(Map<String, List<String>> pools, Collection<String> pinned, int copies) {
        this.pools = pools;
        this.pinned = pinned;
        this.copies = copies;
    }

    /** Any pool, nothing pinned, one copy. */
    public static FixedRules none() {
        return new FixedRules(Map.of(), List.of(), 1);
    }

    @Override
    public List<String> pools(String key) {
        return pools.getOrDefault(key, List.of());
    }

    @Override
    public int copies(String key) {
        return copies;
    }

    @Override
    public boolean isObtainable(String key) {
        return obtainable.contains(key);
    }

    @Override
    public Collection<String> pinned() {
        return pinned;
    }

    @Override
    public long generation() {
        return generation;
    }
}
