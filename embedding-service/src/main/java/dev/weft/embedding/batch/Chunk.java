package dev.weft.embedding.batch;

/** A part of a batch's input that ends where lines end. */
record Chunk(long id, String batch, String inputFile, Range range) {

    /**
     * Where it is.
     *
     * @param firstLine the number of its first line, counted from 1
     * @param lines rows in it
     */
    record Range(int number, long firstLine, int lines, long start, long end) {}
}
