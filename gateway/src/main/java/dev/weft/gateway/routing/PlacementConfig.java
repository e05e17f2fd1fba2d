package dev.weft.gateway.routing;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Which models should be loaded where. */
@ConfigMapping(prefix = "weft.gateway.placement")
public interface PlacementConfig {

    /** Models that are kept loaded, asked for or not. */
    Optional<List<String>> pinned();

    /** The pools that a model may run in, the most wanted first; one that is not named may run in any. */
    Map<String, List<String>> pools();

    /** On how many replicas a model is loaded at least, when it is loaded at all. */
    @WithDefault("1")
    int copies();
}
