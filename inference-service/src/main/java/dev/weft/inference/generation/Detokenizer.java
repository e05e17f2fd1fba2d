package dev.weft.inference.generation;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.Function;

/**
 * Turns the tokens of one sequence into text as they come. A token may hold a part of a character, and what a token's text is may
 * depend on the one before it (a leading space); so each is decoded together with those before it, and what cannot be told yet is held
 * back. Not thread-safe.
 */
final class Detokenizer {

    /** Enough for the tokenizers that treat the first token of a text in another way. */
    private static final int CONTEXT = 5;

    /** A character of UTF-8 has 4 bytes, so 4 tokens at most. */
    private static final int MAX_CHARACTER = 4;

    /** What is still unfinished after so many tokens never was a character. */
    private static final int MAX_HELD = 2 * MAX_CHARACTER;

    private static final char REPLACEMENT = '\uFFFD';

    private final Function<long[], String> decoder;

    /** A window of the last tokens: up to {@code known} their text is out. */
    private long[] window;

    private int size;
    private int known;
    private String knownText;

    /** How many tokens the window has lost at its beginning. */
    private int cut;

    /**
     * Where characters begin, lost tokens counted, oldest first; the window is only ever cut there. Tokenizers that fall back to bytes
     * make U+FFFD of all neighbouring ones when the first of them is the rest of a character.
     */
    private final Deque<Integer> bounds = new ArrayDeque<>(List.of(0));

    /**
     * @param decoder the text of tokens, U+FFFD where bytes are no UTF-8
     * @param prompt what the answer continues
     */
    Detokenizer(Function<long[], String> decoder, long[] prompt) {
        this.decoder = decoder;
        this.size = Math.min(CONTEXT, prompt.length);
        this.window = Arrays.copyOfRange(prompt, prompt.length - size, prompt.length + MAX_HELD);
        this.knownText = decode(size);
        for (int more = 1; more < MAX_CHARACTER && size < prompt.length && startsWithin(knownText); more++) {
            size++;
            window = Arrays.copyOfRange(prompt, prompt.length - size, prompt.length + MAX_HELD);
            knownText = decode(size);
        }
        this.known = size;
        bounds.add(size);
    }

    private static boolean startsWithin(String text) {
        return !text.isEmpty() && text.charAt(0) == REPLACEMENT;
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
        // What was new is the context of what comes next, and some more, from where a character begins.
        bounds.addLast(cut + end);
        int latest = Math.min(known, end - CONTEXT);
        int start = 0;
        while (bounds.getFirst() - cut <= latest) {
            start = bounds.removeFirst() - cut;
        }
        bounds.addFirst(cut + start);
        cut += start;
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
