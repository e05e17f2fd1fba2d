package dev.weft.gateway.catalog;

import dev.weft.kit.error.Failure.InvalidArgument;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * Who gets a copy of some requests, whose answers are compared and never returned.
 *
 * @param model {@code name}, {@code name@version} or {@code name@alias}
 * @param percent of the requests, 1 to 100
 */
@RegisterForReflection
public record Shadow(String model, int percent) {

    public Shadow {
        ModelNames.requireReference(model, "serving.shadow.model");
        if (percent < 1 || percent > 100) {
            throw new InvalidArgument("serving.shadow.percent: " + percent + " (expected: 1 to 100)");
        }
    }
}
