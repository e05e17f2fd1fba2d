package dev.weft.inference.backend;

import java.util.List;

/**
 * One loaded decoder graph, which reads tokens behind those that a {@link KvCache} remembers. Not thread-safe: one thread at a time
 * uses it and the caches that it gives, and closes a cache on the thread that made it. Closing frees the graph.
 */
public interface DecoderBackend extends AutoCloseable {

    /** True when a row's result is the same, whichever other rows are computed with it, and whether or not it is padded. */
    boolean rowsAreIndependent();

    /** True when several tokens may be read behind others, so that a prompt can come in pieces; otherwise it is read at once. */
    boolean readsInPieces();

    /** What one row of a cache takes per token, in bytes. */
    long cacheBytesPerToken();

    /** A cache that remembers nothing of one row. The caller closes it. */
    KvCache emptyCache();

    /**
     * Reads tokens without asking what follows them.
     *
     * @param past of as many rows as the input; stays as it was, and the caller's
     * @return what remembers {@code past} and the tokens; the caller closes it
     * @throws dev.weft.kit.error.Failure.InvalidArgument when the graph refuses the tokens
     */
    KvCache prefill(DecoderInput input, KvCache past);

    /**
     * Reads tokens and tells what follows the last one of each row.
     *
     * @param past of as many rows as the input; stays as it was, and the caller's
     * @return whose cache the caller closes
     * @throws dev.weft.kit.error.Failure.InvalidArgument when the graph refuses the tokens
     */
    Step decode(DecoderInput input, KvCache past);

    /**
     * Copies rows of caches into a new one, in that order. Each row ends where the longest ends; what it has less is padding before it.
     *
     * @param rows not empty; their caches stay as they were, and the caller's
     * @return a cache as long as the longest row; the caller closes it
     */
    KvCache gather(List<CacheRow> rows);

    /** How many caches nobody has closed yet. */
    int openCaches();

    /** Frees the graph. Not to be called while it computes or caches are open. */
    @Override
    void close();

    /**
     * Tokens to read.
     *
     * @param tokens [rows, new], row-major
     * @param padding for each row, how many positions at the beginning of its past hold nothing
     */
    record DecoderInput(long[] tokens, int[] padding) {

        /** How many rows are read. */
        public int rows() {
            return padding.length;
        }

        /** How many tokens are read of each row. */
        public int width() {
            return tokens.length / padding.length;
        }
    }

    /**
     * What reading gave.
     *
     * @param cache remembers the past and what was read
     * @param logits [rows, vocabulary] behind the last token of each row, row-major; owned by this record
     * @param vocabulary tokens of the graph
     */
    record Step(KvCache cache, float[] logits, int vocabulary) {}

    /**
     * A row to copy.
     *
     * @param tokens how many of the row's last positions hold something; the rest is padding
     */
    record CacheRow(KvCache cache, int row, int tokens) {}

    /** Keys and values of the tokens that were read. Not changed once made. Closing it frees native memory. */
    interface KvCache extends AutoCloseable {

        /** How many rows it remembers. */
        int rows();

        /** Positions of each row, padding counted. */
        int length();

        /** Frees it; to be called once. */
        @Override
        void close();
    }
}
