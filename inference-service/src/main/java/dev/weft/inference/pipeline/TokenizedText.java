package dev.weft.inference.pipeline;

/**
 * One text as the graph reads it, special tokens included, padding not. The arrays are owned by this record and not changed.
 *
 * @param ids of the tokens
 * @param typeIds which segment each token belongs to, as long as {@code ids}
 */
record TokenizedText(long[] ids, long[] typeIds) {

    int length() {
        return ids.length;
    }
}
