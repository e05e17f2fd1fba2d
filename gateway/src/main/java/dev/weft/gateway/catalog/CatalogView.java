package dev.weft.gateway.catalog;

import dev.weft.database.ChangeListener;
import dev.weft.kit.error.Failure.NotFound;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The catalog in memory, for requests. It is read when the gateway starts and follows each change within a second; while the database is away
 * it stays as it was. Looking a name up allocates nothing but for names that are not in the catalog. Thread-safe.
 */
@Singleton
public class CatalogView implements ChangeListener {

    static final String CHANNEL = "weft_gateway_catalog";

    private static final int PAGE = 1_000;

    /** Where the catalog lies. */
    interface Source {

        /** The model of that name, archived or not. */
        Optional<CatalogModel> find(String name);

        /** Models in the order of their names; see {@link Catalog#list}. */
        List<CatalogModel> list(String after, boolean archivedToo, int limit);
    }

    private final Source catalog;
    private final Map<String, ServedNames> models = new ConcurrentHashMap<>();

    /** All versions of all models by {@link ResolvedModel#key()}. */
    private final Map<String, ResolvedModel> byKey = new ConcurrentHashMap<>();

    private final AtomicLong generation = new AtomicLong(1);

    CatalogView(Source catalog) {
        this.catalog = catalog;
    }

    /** Before the first request: what the catalog says must not depend on how soon after the start somebody asks. */
    void start(@Observes StartupEvent event) {
        resynchronise();
    }

    /**
     * What a request for a model is to be answered by.
     *
     * @param model {@code name}, {@code name@version} or {@code name@alias}; one that is not in the catalog is left to the replicas
     * @param version a number or an alias, which goes before one in the name; empty for none
     * @param stickyKey chooses among the versions of a split, always the same; null for any
     * @throws NotFound for a version or alias that the catalog does not have, and for a model that is archived
     */
    public ResolvedModel resolve(String model, String version, @Nullable String stickyKey) {
        ServedNames names = models.get(model);
        if (names != null) {
            return names.resolve(version, stickyKey);
        }
        int at = model.lastIndexOf('@');
        if (at < 0 || !ModelNames.isReference(model)) {
            return version.isEmpty() ? ResolvedModel.unknown(model) : unknown(model, version);
        }
        String name = model.substring(0, at);
        ServedNames of = models.get(name);
        if (of != null) {
            return of.resolve(version.isEmpty() ? model.substring(at + 1) : version, stickyKey);
        }
        return unknown(name, model.substring(at + 1));
    }

    private static ResolvedModel unknown(String name, String version) {
        boolean isLatest = version.isEmpty() || version.equals(ModelNames.LATEST);
        return isLatest ? ResolvedModel.unknown(name) : new ResolvedModel(name, version, name, "", "", Serving.DEFAULT);
    }

    /** How the model or version of that {@link ResolvedModel#key()} is served; null when the catalog does not know it. */
    public @Nullable ResolvedModel ofKey(String key) {
        ResolvedModel version = byKey.get(key);
        if (version != null) {
            return version;
        }
        ServedNames names = models.get(key);
        return names == null ? null : names.withoutVersion();
    }

    /** What the bare name of a model may stand for; empty when it is not in the catalog, or has nothing to serve. */
    public List<ResolvedModel> targets(String model) {
        ServedNames names = models.get(model);
        return names == null || names.model().isArchived() ? List.of() : names.bareTargets();
    }

    /** Everything that should be kept loaded. */
    public Set<String> pinnedKeys() {
        Set<String> keys = new HashSet<>();
        models.forEach((name, names) -> {
            if (names.model().serving().pinned() && !names.model().isArchived()) {
                if (names.model().versions().isEmpty()) {
                    keys.add(name);
                }
                names.bareTargets().forEach(target -> keys.add(target.key()));
            }
        });
        return keys;
    }

    /** The model as it was last read. */
    public Optional<CatalogModel> model(String name) {
        return Optional.ofNullable(models.get(name)).map(ServedNames::model);
    }

    /** Grows with each change, so that what was made of the catalog can be made anew. */
    public long generation() {
        return generation.get();
    }

    @Override
    public String channel() {
        return CHANNEL;
    }

    @Override
    public void changed(String model) {
        catalog.find(model).ifPresentOrElse(this::put, () -> remove(model));
        generation.incrementAndGet();
    }

    @Override
    public void resynchronise() {
        Set<String> found = new HashSet<>();
        String after = "";
        List<CatalogModel> page;
        do {
            page = catalog.list(after, true, PAGE);
            for (CatalogModel model : page) {
                put(model);
                found.add(model.name());
                after = model.name();
            }
        } while (page.size() == PAGE);
        Set.copyOf(models.keySet()).stream()
                .filter(name -> !found.contains(name))
                .forEach(this::remove);
        generation.incrementAndGet();
    }

    private void put(CatalogModel model) {
        ServedNames before = models.get(model.name());
        ServedNames names = new ServedNames(model);
        names.all().forEach(version -> byKey.put(version.key(), version));
        models.put(model.name(), names);
        if (before != null) {
            before.all().forEach(version -> {
                if (model.version(Long.parseLong(version.version()))
                        .filter(now -> !now.isArchived())
                        .isEmpty()) {
                    byKey.remove(version.key());
                }
            });
        }
    }

    private void remove(String model) {
        ServedNames gone = models.remove(model);
        if (gone != null) {
            gone.all().forEach(version -> byKey.remove(version.key()));
        }
    }
}
