package dev.weft.gateway.upstream;

import org.jspecify.annotations.Nullable;

/**
 * Which model a call is about, in the client's words.
 *
 * @param model as {@link dev.weft.gateway.catalog.CatalogView#resolve} takes it; empty for a call that is about none
 * @param version a number or an alias; empty for none
 * @param stickyKey chooses among the versions of a split; null for any
 * @param patient whether it waits in a queue of any length, as what runs no model does and what nobody waits for
 */
public record ModelCall(
        String model, String version, @Nullable String stickyKey, boolean patient) {

    /** A call that is about no model. */
    static final ModelCall NONE = new ModelCall("", "", null, true);

    static ModelCall of(String model) {
        return new ModelCall(model, "", null, true);
    }
}
