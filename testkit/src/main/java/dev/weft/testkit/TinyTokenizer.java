package dev.weft.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A byte-level tokenizer without merges, so that each byte of UTF-8 is a token whose id is its value, and the configuration files
 * around it. Special tokens follow; the last of them is one that {@link TinyDecoder}'s graph does not know.
 */
public final class TinyTokenizer {

    /** Ends a text. */
    public static final int END = 256;

    /** Begins a message of ChatML. */
    public static final int MESSAGE_START = 257;

    /** Ends a message of ChatML. */
    public static final int MESSAGE_END = 258;

    /** A token without an embedding: the graph fails on it. */
    public static final String BROKEN = "<|broken|>";

    private static final List<String> SPECIAL = List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>", BROKEN);

    private static final String CHATML = "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n'"
            + " + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}"
            + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    private TinyTokenizer() {}

    /** Writes {@code tokenizer.json}, {@code tokenizer_config.json}, {@code config.json} and {@code generation_config.json}. */
    public static void write(Path folder) {
        try {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve("tokenizer.json"), tokenizer());
            Files.writeString(folder.resolve("tokenizer_config.json"), """
                    {"eos_token": "<|im_end|>", "bos_token": null, "model_max_length": 1000000000000000019884624838656,
                     "chat_template": %s}
                    """.formatted(quoted(CHATML)));
            Files.writeString(
                    folder.resolve("config.json"), """
                    {"architectures": ["TinyForCausalLM"], "model_type": "tiny", "max_position_embeddings": %d,
                     "vocab_size": %d, "eos_token_id": %d}
                    """.formatted(TinyDecoder.CONTEXT, TinyDecoder.VOCABULARY, END));
            Files.writeString(folder.resolve("generation_config.json"), """
                    {"eos_token_id": [%d, %d], "do_sample": false}
                    """.formatted(END, MESSAGE_END));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String tokenizer() {
        List<String> vocabulary = new ArrayList<>();
        for (int value = 0; value < 256; value++) {
            vocabulary.add(quoted(Character.toString(visible(value))) + ": " + value);
        }
        List<String> added = new ArrayList<>();
        for (int i = 0; i < SPECIAL.size(); i++) {
            added.add(("{\"id\": %d, \"content\": %s, \"single_word\": false, \"lstrip\": false, \"rstrip\": false,"
                            + " \"normalized\": false, \"special\": true}")
                    .formatted(256 + i, quoted(SPECIAL.get(i))));
        }
        return """
                {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [%s], "normalizer": null,
                 "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false},
                 "post_processor": null,
                 "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
                 "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
                           "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
                           "vocab": {%s}, "merges": []}}
                """.formatted(String.join(", ", added), String.join(", ", vocabulary));
    }

    /** The character by which byte-level BPE writes a byte: itself where it can be seen, one from 256 up otherwise. */
    private static int visible(int value) {
        int next = 256;
        for (int other = 0; other < value; other++) {
            next += isVisible(other) ? 0 : 1;
        }
        return isVisible(value) ? value : next;
    }

    private static boolean isVisible(int value) {
        return (value >= '!' && value <= '~') || (value >= 0xA1 && value <= 0xAC) || value >= 0xAE;
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
