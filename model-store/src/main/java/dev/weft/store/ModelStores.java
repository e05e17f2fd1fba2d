package dev.weft.store;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/** The stores that a process has, one per scheme. Immutable. */
public final class ModelStores {

    private final Map<String, ModelStore> byScheme;

    /**
     * Takes the stores as they are.
     *
     * @throws IllegalArgumentException when two have one scheme
     */
    public ModelStores(Collection<? extends ModelStore> stores) {
        Map<String, ModelStore> schemes = new TreeMap<>();
        for (ModelStore store : stores) {
            if (schemes.put(store.scheme(), store) != null) {
                throw new IllegalArgumentException("two model stores for " + store.scheme() + ":");
            }
        }
        byScheme = schemes;
    }

    /**
     * The store of that URI.
     *
     * @throws InvalidArgument when there is none
     */
    public ModelStore of(ModelUri uri) {
        return of(uri.scheme());
    }

    /**
     * The store of that scheme.
     *
     * @throws InvalidArgument when there is none
     */
    public ModelStore of(String scheme) {
        ModelStore store = byScheme.get(scheme);
        if (store == null) {
            throw new InvalidArgument("scheme: " + scheme + " (expected: one of " + byScheme.keySet() + ")");
        }
        return store;
    }
}
