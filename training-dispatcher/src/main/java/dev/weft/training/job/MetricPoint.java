package dev.weft.training.job;

import java.time.Instant;

/**
 * A figure that a run measured.
 *
 * @param number from 1 for each job
 * @param step which round or epoch it is of
 */
public record MetricPoint(long number, Instant at, int attempt, long step, String name, double value) {}
