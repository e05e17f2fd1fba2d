package dev.weft.embedding.vectorstore;

import dev.weft.kit.error.Failure.InvalidArgument;
import io.quarkus.arc.All;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;

/** The stores that there are, by name. */
@Singleton
public class VectorStores {

    private final TreeMap<String, VectorStore> byName = new TreeMap<>();

    VectorStores(@All List<VectorStore> stores) {
        stores.forEach(store -> byName.put(store.name(), store));
    }

    /**
     * The store of that name.
     *
     * @throws InvalidArgument when there is none
     */
    public VectorStore of(String name) {
        VectorStore store = byName.get(name);
        if (store == null) {
            throw new InvalidArgument(
                    "store: '" + name + "' (expected: one of " + new TreeSet<>(byName.keySet()) + ")");
        }
        return store;
    }
}
