package dev.weft.inference.pipeline;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.weft.inference.pipeline.TokenizedText.Spans;
import dev.weft.kit.error.Failure.FailedPrecondition;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/**
 * A package's tokenizer. Thread-safe, as the native library's tokenizers are; closing it frees native memory.
 *
 * <p>Calls the library below {@link HuggingFaceTokenizer}, which fetches everything that it knows of each text (tokens as strings, masks,
 * spans) over JNI, where ids are all that most models need.
 */
final class Tokenizer implements AutoCloseable {

    /**
     * Padding and truncation are the pipeline's: a tokenizer.json may ask for rows padded to 128 tokens, or cut there in silence.
     * DJL's own option names.
     */
    private static final Map<String, String> OPTIONS = Map.of("padding", "false", "truncation", "false");

    private final HuggingFaceTokenizer tokenizer;
    private final TokenizersLibrary library = TokenizersLibrary.LIB;
    private final long handle;
    private final boolean withSpans;

    private Tokenizer(HuggingFaceTokenizer tokenizer, boolean withSpans) {
        this.tokenizer = tokenizer;
        this.handle = tokenizer.getHandle();
        this.withSpans = withSpans;
    }

    /**
     * Reads a {@code tokenizer.json}.
     *
     * @param withSpans whether tokens tell where they stand in their text
     * @throws FailedPrecondition when it cannot be read or is none
     */
    static Tokenizer open(Path file, boolean withSpans) {
        try {
            return new Tokenizer(HuggingFaceTokenizer.newInstance(file, OPTIONS), withSpans);
        } catch (IOException | RuntimeException e) {
            throw new FailedPrecondition(file.getFileName() + ": " + e.getMessage());
        }
    }

    /** The text's tokens, special ones added; of more than {@code limit} the first, special ones kept. */
    TokenizedText tokenize(String text, int limit) {
        return read(library.encode(handle, text, true), limit);
    }

    /** Both texts' tokens as one row, special ones added; what is over {@code limit} is cut from the end of the second. */
    TokenizedText tokenizePair(String first, String second, int limit) {
        return read(library.encodeDual(handle, first, second, true), limit);
    }

    private TokenizedText read(long encoding, int limit) {
        try {
            TokenizedText all =
                    new TokenizedText(library.getTokenIds(encoding), library.getTypeIds(encoding), spans(encoding));
            return all.length() <= limit ? all : keep(all, kept(library.getSpecialTokenMask(encoding), limit));
        } finally {
            library.deleteEncoding(encoding);
        }
    }

    private Spans spans(long encoding) {
        if (!withSpans) {
            return Spans.NONE;
        }
        CharSpan[] spans = library.getTokenCharSpans(encoding);
        int[] starts = new int[spans.length];
        int[] ends = new int[spans.length];
        for (int i = 0; i < spans.length; i++) {
            if (spans[i] != null) {
                starts[i] = spans[i].getStart();
                ends[i] = spans[i].getEnd();
            }
        }
        return new Spans(starts, ends, library.getWordIds(encoding));
    }

    /** Places of the tokens that stay: all special ones, and as many of the others, from the front, as there is room for. */
    private static int[] kept(long[] special, int limit) {
        int room = limit - (int) Arrays.stream(special).sum();
        int[] kept = new int[limit];
        int count = 0;
        for (int i = 0; i < special.length && count < limit; i++) {
            if (special[i] == 1 || room-- > 0) {
                kept[count++] = i;
            }
        }
        return Arrays.copyOf(kept, count);
    }

    private TokenizedText keep(TokenizedText all, int[] places) {
        Spans spans = all.spans();
        return new TokenizedText(
                Arrays.stream(places).mapToLong(i -> all.ids()[i]).toArray(),
                Arrays.stream(places).mapToLong(i -> all.typeIds()[i]).toArray(),
                !withSpans
                        ? spans
                        : new Spans(
                                Arrays.stream(places)
                                        .map(i -> spans.starts()[i])
                                        .toArray(),
                                Arrays.stream(places).map(i -> spans.ends()[i]).toArray(),
                                Arrays.stream(places)
                                        .mapToLong(i -> spans.words()[i])
                                        .toArray()));
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
