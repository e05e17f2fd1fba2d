package dev.weft.inference.batching;

import java.util.List;

/** Computes batches for one session; called by that session's thread alone, so that it may own buffers. */
@FunctionalInterface
public interface BatchRunner<R extends Row> {

    /**
     * Computes the rows, whose results the rows themselves keep; blocks for as long as that takes.
     *
     * @param rows not empty, in no particular order, of any requests
     * @throws RuntimeException when none of them could be computed
     */
    void run(List<R> rows);
}
