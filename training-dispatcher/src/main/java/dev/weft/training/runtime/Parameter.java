package dev.weft.training.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.Optional;

/**
 * One thing about a runtime that a job may choose.
 *
 * @param name as it stands in {@code job.json}
 * @param description for whoever chooses
 * @param type what it may be
 * @param fallback what it is when the job does not say; empty when the job must say
 */
public record Parameter(String name, String description, ParameterType type, Optional<JsonNode> fallback) {

    public Parameter {
        if (!type.acceptsAnything()) {
            throw new InvalidArgument(
                    "parameter " + name + ": " + type.expected() + ", which nothing is (expected: some value)");
        }
        if (fallback.isPresent() && !type.accepts(fallback.get())) {
            throw new InvalidArgument(
                    "parameter " + name + ": default " + fallback.get() + " (expected: " + type.expected() + ")");
        }
    }
}
