package dev.weft.training.publish;

import dev.weft.store.ModelStores;
import dev.weft.store.cache.PackageCache;
import dev.weft.store.file.FileModelStore;
import dev.weft.store.postgres.PostgresModelStore;
import io.agroal.api.AgroalDataSource;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.List;

/** Makes the stores and their cache of the configuration. */
@Singleton
final class Stores {

    @Produces
    @Singleton
    ModelStores stores(StoreConfig config, AgroalDataSource database) {
        return new ModelStores(List.of(
                new FileModelStore(
                        config.folder(),
                        config.readableFolders().orElse(List.of()),
                        new FileModelStore.Limits(
                                config.maxPackage().asLongValue(),
                                config.reservedDisk().asLongValue())),
                new PostgresModelStore(database, config.maxPostgresPackage().asLongValue())));
    }

    @Produces
    @Singleton
    PackageCache cache(StoreConfig config, ModelStores stores) {
        return new PackageCache(config.cacheFolder(), stores, config.maxCache().asLongValue());
    }
}
