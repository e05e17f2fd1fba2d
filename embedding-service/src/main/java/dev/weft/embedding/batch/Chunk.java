package dev.weft.embedding.batch;

import dev.weft.kit.identity.AllowedModels;

/**
 * A part of a batch's input that ends where lines end.
 *
 * @param owner whose the batch is
 * @param models rows that name others fail
 */
record Chunk(
        long id, String batch, String owner, Endpoint endpoint, String inputFile, AllowedModels models, Range range) {

    /**
     * Where it is.
     *
     * @param firstLine the number of its first line, counted from 1
     * @param lines rows in it
     */
    record Range(int number, long firstLine, int lines, long start, long end) {}
}
