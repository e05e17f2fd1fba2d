package dev.weft.embedding.usage;

/**
 * What a part of a batch has taken of one model.
 *
 * @param requests rows of the batch that were asked of it
 * @param errors those that have no answer
 * @param rows inputs that were computed
 * @param promptTokens tokens that it read
 * @param computeMicros time inside its runs, in µs; of runs in parallel, their sum
 */
public record BatchUsage(String model, long requests, long errors, long rows, long promptTokens, long computeMicros) {}
