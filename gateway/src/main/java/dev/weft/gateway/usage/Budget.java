package dev.weft.gateway.usage;

import dev.weft.kit.error.Failure.ResourceExhausted;

/** What somebody may spend. Thread-safe; asked before each attempt at a model, those of fallbacks too. */
@FunctionalInterface
public interface Budget {

    /** No bound. */
    Budget UNLIMITED = _ -> {};

    /**
     * Checks that there is something left for a request to that model.
     *
     * @throws ResourceExhausted when there is not
     */
    void require(String model);
}
