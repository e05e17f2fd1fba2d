package dev.weft.inference.pipeline;

/**
 * One text's tokens.
 *
 * @param ids of the vocabulary, special tokens included
 * @param typeIds which of a pair's two texts each token belongs to; as long as {@code ids}
 * @param spans where the tokens stand in the text; {@link Spans#NONE} unless they were asked for
 */
record TokenizedText(long[] ids, long[] typeIds, Spans spans) {

    TokenizedText(long[] ids, long[] typeIds) {
        this(ids, typeIds, Spans.NONE);
    }

    /** How many tokens. */
    int length() {
        return ids.length;
    }

    /**
     * Where each token stands; all arrays as long as the tokens.
     *
     * @param starts first character, in Unicode code points
     * @param ends behind the last character
     * @param words number of the word that the token is a part of; negative for special tokens
     */
    record Spans(int[] starts, int[] ends, long[] words) {
        static final Spans NONE = new Spans(new int[0], new int[0], new long[0]);
    }
}
