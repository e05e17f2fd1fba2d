package dev.weft.inference.generation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.inference.pipeline.GenerationTokenizer;
import dev.weft.inference.v2.TestRepository;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@link Detokenizer} with a tokenizer like Llama 2's, Mistral's and Gemma's: what the vocabulary lacks is written as tokens for bytes. Of
 * neighbouring ones all become U+FFFD when they are not UTF-8 together, the good characters among them too.
 */
@QuarkusTest // whose class loader has the native tokenizers already: a process loads them once
@QuarkusTestResource(TestRepository.class)
class ByteFallbackTest {

    private static final int FIRST_BYTE = 3;
    private static final int BLANK = FIRST_BYTE + 256;
    private static final int LETTER_A = BLANK + 1;

    @TempDir
    private Path folder;

    private GenerationTokenizer tokenizer;

    @BeforeEach
    void open() throws IOException {
        List<String> vocabulary = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        IntStream.range(0, 256).forEach(value -> vocabulary.add("<0x%02X>".formatted(value)));
        vocabulary.add("▁");
        IntStream.rangeClosed('a', 'z').forEach(letter -> vocabulary.add(Character.toString(letter)));
        String entries = IntStream.range(0, vocabulary.size())
                .mapToObj(id -> "\"" + vocabulary.get(id) + "\": " + id)
                .collect(Collectors.joining(", "));
        Path file = Files.writeString(folder.resolve("tokenizer.json"), """
                {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
                 "pre_tokenizer": null, "post_processor": null,
                 "decoder": {"type": "Sequence", "decoders": [
                   {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
                   {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
                 "model": {"type": "BPE", "dropout": null, "unk_token": "<unk>", "continuing_subword_prefix": null,
                           "end_of_word_suffix": null, "fuse_unk": true, "byte_fallback": true,
                           "vocab": {%s}, "merges": []}}
                """.formatted(entries));
        tokenizer = GenerationTokenizer.open(file);
    }

    @AfterEach
    void close() {
        tokenizer.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "well done 🎉",
                "🎉🎉🎉🎉🎉🎉🎉🎉",
                "日本語の文章です",
                "a👍🏽b👨‍👩‍👧c üöä €€€€€ end",
                "né à Zürich",
            })
    void charactersThatFollowEachOtherArriveWhole(String text) {
        Detokenizer detokenizer = new Detokenizer(tokenizer::decode, ids("hi "));
        List<String> pieces = new ArrayList<>();
        for (long id : ids(text)) {
            pieces.add(detokenizer.append((int) id));
        }
        pieces.add(detokenizer.finish());

        assertThat(String.join("", pieces)).isEqualTo(text);
        assertThat(pieces).noneMatch(piece -> piece.contains("\uFFFD"));
    }

    @Test
    void charactersThatFollowThoseOfThePromptArriveWhole() {
        for (int more = 0; more < 6; more++) {
            String text = "🎉".repeat(2);
            Detokenizer detokenizer = new Detokenizer(tokenizer::decode, ids("a" + "€".repeat(more) + "🎊"));
            StringBuilder all = new StringBuilder();
            for (long id : ids(text)) {
                all.append(detokenizer.append((int) id));
            }

            assertThat(all.append(detokenizer.finish())).as("%d before", more).hasToString(text);
        }
    }

    private static long[] ids(String text) {
        return text.codePoints()
                .flatMap(ByteFallbackTest::tokens)
                .asLongStream()
                .toArray();
    }

    private static IntStream tokens(int character) {
        if (character == ' ') {
            return IntStream.of(BLANK);
        }
        if (character >= 'a' && character <= 'z') {
            return IntStream.of(LETTER_A + character - 'a');
        }
        byte[] utf8 = Character.toString(character).getBytes(StandardCharsets.UTF_8);
        return IntStream.range(0, utf8.length).map(i -> FIRST_BYTE + Byte.toUnsignedInt(utf8[i]));
    }
}
