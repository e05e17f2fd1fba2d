package dev.weft.training.backend;

import dev.weft.training.job.RunKey;

/**
 * A run that a backend has.
 *
 * @param id what the backend calls it, for people who look there
 */
public record ExternalRun(RunKey key, String id) {}
