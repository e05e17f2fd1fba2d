package dev.weft.training.publish;

import dev.weft.kit.error.Failure.Aborted;
import dev.weft.kit.time.Deadline;
import dev.weft.store.ModelStores;
import dev.weft.store.Published;
import dev.weft.training.job.JobId;
import dev.weft.training.job.JobState.Publication;
import dev.weft.training.job.PublishTarget;
import io.quarkus.arc.All;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * First the store, then the catalog, then the alias. Each of them takes the same thing twice for one: a package is named by its content, a version by its
 * package, and an alias that points to the version already stays. So a dispatcher that dies in between leaves nothing that the next one has to undo.
 */
@Singleton
final class StoreAndCatalogPublisher implements ModelPublisher {

    private static final String JOB = "training-job";

    /** Somebody else's change between looking and promoting is looked at again, not endlessly. */
    private static final int ATTEMPTS = 5;

    private final ModelStores stores;
    private final Optional<ModelCatalog> catalog;
    private final PublishConfig config;

    @Inject
    StoreAndCatalogPublisher(ModelStores stores, @All List<ModelCatalog> catalogs, PublishConfig config) {
        this(stores, config.catalogTarget().isPresent() ? catalogs.stream().findFirst() : Optional.empty(), config);
    }

    StoreAndCatalogPublisher(ModelStores stores, Optional<ModelCatalog> catalog, PublishConfig config) {
        this.stores = stores;
        this.catalog = catalog;
        this.config = config;
    }

    @Override
    public Publication publish(
            JobId job, PublishTarget target, Path modelPackage, Map<String, Double> metrics, Deadline deadline) {
        Published stored =
                stores.of(target.store().orElse(config.defaultStore())).put(target.model(), modelPackage, deadline);
        String uri = stored.uri().toString();
        if (catalog.isEmpty()) {
            return new Publication(uri, stored.manifest().digest(), false);
        }
        ModelCatalog to = catalog.get();
        long version = to.register(target.model(), stored, metrics, Map.of(JOB, job.value()), deadline);
        boolean promoted = target.metric().isPresent()
                && promote(to, target, target.metric().get(), version, metrics, deadline);
        return new Publication(uri, Long.toString(version), promoted);
    }

    private boolean promote(
            ModelCatalog to,
            PublishTarget target,
            String metric,
            long version,
            Map<String, Double> metrics,
            Deadline deadline) {
        for (int attempt = 1; ; attempt++) {
            Optional<ModelCatalog.Current> current = to.current(target.model(), config.alias(), deadline);
            if (current.isPresent() && current.get().version() == version) {
                return true;
            }
            if (!isBetter(metrics.get(metric), current.map(c -> c.metrics().get(metric)), target.margin())) {
                return false;
            }
            try {
                to.promote(
                        target.model(),
                        config.alias(),
                        version,
                        current.map(ModelCatalog.Current::revision).orElse(0L),
                        deadline);
                return true;
            } catch (Aborted e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    /** A version that nobody has measured gives way to one that somebody has. */
    private static boolean isBetter(
            @org.jspecify.annotations.Nullable Double now, Optional<Double> before, double margin) {
        if (now == null || now.isNaN()) {
            return false;
        }
        return before.isEmpty() || (now > before.get() && now - before.get() >= margin);
    }
}
