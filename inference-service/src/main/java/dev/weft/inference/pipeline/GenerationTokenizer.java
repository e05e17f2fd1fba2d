package dev.weft.inference.pipeline;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** A decoder's tokenizer, both ways. Thread-safe, as the native library's tokenizers are; closing it frees native memory. */
public final class GenerationTokenizer implements AutoCloseable {

    /** As for {@link Tokenizer}: nothing is padded, nothing is cut in silence. DJL's own option names. */
    private static final Map<String, String> OPTIONS = Map.of("padding", "false", "truncation", "false");

    private final HuggingFaceTokenizer tokenizer;

    private GenerationTokenizer(HuggingFaceTokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /**
     * Reads a {@code tokenizer.json}.
     *
     * @throws FailedPrecondition when it cannot be read or is none
     */
    public static GenerationTokenizer open(Path file) {
        try {
            return new GenerationTokenizer(HuggingFaceTokenizer.newInstance(file, OPTIONS));
        } catch (IOException | RuntimeException e) {
            throw new FailedPrecondition(file.getFileName() + ": " + e.getMessage());
        }
    }

    /**
     * A text's tokens. Special tokens that are written out in the text become one token each.
     *
     * @param addSpecialTokens whether the tokenizer adds those that it puts around every text; a chat template brings its own
     * @throws InvalidArgument when the tokenizer refuses the text
     */
    public long[] encode(String text, boolean addSpecialTokens) {
        try {
            return tokenizer.encode(text, addSpecialTokens, false).getIds();
        } catch (RuntimeException e) {
            throw new InvalidArgument("the tokenizer refuses the text: " + e.getMessage());
        }
    }

    /** The text of tokens, special ones left out; U+FFFD where their bytes are no UTF-8. */
    public String decode(long[] tokens) {
        return tokenizer.decode(tokens, true);
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
