package dev.weft.gateway.catalog;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.List;

/** What the catalog takes. */
@ConfigMapping(prefix = "weft.gateway.catalog")
public interface CatalogConfig {

    /**
     * Beginnings of the addresses that a version may be registered from: where models come from decides what runs here, and an address is
     * fetched by every replica.
     */
    @WithDefault("file:,pg:")
    List<String> sources();
}
