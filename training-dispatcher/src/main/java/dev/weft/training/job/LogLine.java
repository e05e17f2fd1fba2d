package dev.weft.training.job;

import java.time.Instant;

/**
 * A line that a run wrote.
 *
 * @param number from 1 for each job
 * @param stream {@code stdout} or {@code stderr}
 */
public record LogLine(long number, Instant at, int attempt, String stream, String text) {}
