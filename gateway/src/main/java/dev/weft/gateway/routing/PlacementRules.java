package dev.weft.gateway.routing;

import java.util.Collection;
import java.util.List;

/** What has been decided about where models run; {@link Placement} does the rest. Models are told apart by their keys. */
public interface PlacementRules {

    /** The pools that the model may run in, the most wanted first; empty for any. */
    List<String> pools(String key);

    /** On how many replicas it is loaded at least, once it is loaded; from 1. */
    int copies(String key);

    /** True when every replica can get it, whether it lies in its folders or not. */
    boolean isObtainable(String key);

    /** Models that are kept loaded, asked for or not. */
    Collection<String> pinned();

    /** Grows when any of the above may have changed. */
    long generation();
}
