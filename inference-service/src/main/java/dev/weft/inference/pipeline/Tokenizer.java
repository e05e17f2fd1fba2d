package dev.weft.inference.pipeline;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.weft.kit.error.Failure.FailedPrecondition;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** A package's tokenizer. Thread-safe, as the native library's tokenizers are; closing it frees native memory. */
final class Tokenizer implements AutoCloseable {

    /**
     * Padding and truncation are the pipeline's: a tokenizer.json may ask for rows padded to 128 tokens, or cut there in silence.
     * DJL's own option names.
     */
    private static final Map<String, String> OPTIONS = Map.of("padding", "false", "truncation", "false");

    private final HuggingFaceTokenizer tokenizer;

    private Tokenizer(HuggingFaceTokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /**
     * Reads a {@code tokenizer.json}.
     *
     * @throws FailedPrecondition when it cannot be read or is none
     */
    static Tokenizer open(Path file) {
        try {
            return new Tokenizer(HuggingFaceTokenizer.newInstance(file, OPTIONS));
        } catch (IOException | RuntimeException e) {
            throw new FailedPrecondition(file.getFileName() + ": " + e.getMessage());
        }
    }

    /** The text's tokens, special ones added, nothing cut. */
    TokenizedText tokenize(String text) {
        Encoding encoding = tokenizer.encode(text);
        return new TokenizedText(encoding.getIds(), encoding.getTypeIds());
    }

    /** The text's first tokens, special ones kept, {@code limit} in all. */
    TokenizedText tokenize(String text, int limit) {
        Encoding encoding = tokenizer.encode(text);
        long[] ids = encoding.getIds();
        if (ids.length <= limit) {
            return new TokenizedText(ids, encoding.getTypeIds());
        }
        long[] special = encoding.getSpecialTokenMask();
        int room = limit;
        for (long flag : special) {
            room -= (int) flag;
        }
        return keepFirst(encoding, Math.max(0, room), limit);
    }

    private static TokenizedText keepFirst(Encoding encoding, int ordinary, int limit) {
        long[] ids = new long[limit];
        long[] typeIds = new long[limit];
        int kept = 0;
        int room = ordinary;
        for (int i = 0; i < encoding.getIds().length && kept < limit; i++) {
            if (encoding.getSpecialTokenMask()[i] == 1 || room-- > 0) {
                ids[kept] = encoding.getIds()[i];
                typeIds[kept] = encoding.getTypeIds()[i];
                kept++;
            }
        }
        return new TokenizedText(java.util.Arrays.copyOf(ids, kept), java.util.Arrays.copyOf(typeIds, kept));
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
