package dev.weft.inference.generation;

import java.util.Arrays;
import java.util.function.Function;

/**
 * Turns the tokens of one sequence into text as they come. A token may hold a part of a character, and what a token's text is may
 * depend on the one before it (a leading space); so each is decoded together with those before it, and what cannot be told yet is held
 * back. Not thread-safe.
 */
final class Detokenizer {

    /** Enough for the tokenizers that treat the first token of a text in another way. */
    private static final int CONTEXT = 5;

    /** A character of UTF-8 has 4 bytes, so 4 tokens at most; what is still unfinished after twice that never was one. */
    private static final int MAX_HELD = 8;

    private static final char REPLACEMENT = '\uFFFD';

    private final Function<long[], String> decoder;

    /** A window of the last tokens: up to {@code known} their text is out. */
    private long[] window;

    private int size;
    private int known;
    private String knownText;

    /**
     * @param decoder the text of tokens, U+FFFD where bytes are no UTF-8
     * @param prompt what the answer continues
     */
    Detokenizer(Function<long[], String> decoder, long[] prompt) {
        this.decoder = decoder;
        this.size = Math.min(CONTEXT, prompt.length);
        this.window = Arrays.copyOfRange(prompt, prompt.length - size, prompt.length + MAX_HELD);
        this.known = size;
        this.knownText = decode(size);
    }

    /** Takes a token; returns the text that has become certain, which may be empty. */
    String append(int token) {
        if (size == window.length) {
            window = Arrays.copyOf(window, size * 2);
        }
        window[size++] = token;
        String text = decode(size);
        if (!isUnfinished(text)) {
            return advance(size, text);
        }
        return size - known < MAX_HELD ? "" : giveUpWaiting();
    }

    /** The rest of the text; a last character that never was finished is left out. */
    String finish() {
        String text = decode(size);
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) == REPLACEMENT) {
            end--;
        }
        return end <= knownText.length() ? "" : text.substring(knownText.length(), end);
    }

    /** Bytes that are no UTF-8 came, and no end of them is in sight: what came before the last possible character is as it is. */
    private String giveUpWaiting() {
        for (int end = size - 1; end > known; end--) {
            String text = decode(end);
            if (!isUnfinished(text)) {
                return advance(end, text);
            }
        }
        int end = size - 3;
        return advance(end, decode(end));
    }

    private boolean isUnfinished(String text) {
        return text.length() <= knownText.length() || text.charAt(text.length() - 1) == REPLACEMENT;
    }

    private String advance(int end, String text) {
        String fresh = text.length() <= knownText.length() ? "" : text.substring(knownText.length());
        // What was new is the context of what comes next.
        int start = Math.max(0, Math.min(known, end - CONTEXT));
        window = Arrays.copyOfRange(window, start, Math.max(size, start + CONTEXT) + MAX_HELD);
        size -= start;
        known = end - start;
        knownText = decode(known);
        return fresh;
    }

    private String decode(int end) {
        return decoder.apply(Arrays.copyOf(window, end));
    }
}
