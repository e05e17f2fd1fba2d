package dev.weft.inference.pipeline;

import dev.weft.inference.batching.Row;
import org.jspecify.annotations.Nullable;

/**
 * One text of a request and, once a session has computed it, its numbers. Written by one session's thread; whoever reads the result
 * does so after the batcher has told that the row is done.
 */
public final class TextRow implements Row {

    private final String source;
    private final TokenizedText text;
    private float @Nullable [] result;

    TextRow(String source, TokenizedText text) {
        this.source = source;
        this.text = text;
    }

    /** The text; empty where the request had tokens in its place. */
    String source() {
        return source;
    }

    TokenizedText text() {
        return text;
    }

    @Override
    public int length() {
        return text.length();
    }

    /** Bytes that the row holds, its result included. */
    public int size() {
        return 2 * source.length()
                + 16 * text.length()
                + 16 * text.spans().words().length
                + (result == null ? 0 : Float.BYTES * result.length);
    }

    void complete(float[] numbers) {
        this.result = numbers;
    }

    /** What the head read of the graph's output for this row. */
    float[] result() {
        if (result == null) {
            throw new IllegalStateException("row of " + length() + " tokens is not computed");
        }
        return result;
    }
}
