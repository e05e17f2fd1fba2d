package dev.weft.inference.generation;

import static dev.weft.inference.generation.DecoderFixture.tokens;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DetokenizerTest {

    private final Detokenizer detokenizer = new Detokenizer(DecoderFixture::text, new long[] {'H', 'i'});

    @ParameterizedTest
    @ValueSource(strings = {"plain", "Überweisung für 12 €", "日本語の文章です", "a👍🏽b👨‍👩‍👧c", ""})
    void piecesAreWholeCharactersAndMakeUpTheText(String text) {
        List<String> pieces = pieces(tokens(text));

        assertThat(String.join("", pieces)).isEqualTo(text);
        assertThat(pieces).noneMatch(piece -> piece.contains("\uFFFD")).allSatisfy(piece -> assertThat(
                        piece.isEmpty() || !Character.isHighSurrogate(piece.charAt(piece.length() - 1)))
                .isTrue());
    }

    @Test
    void characterThatIsNeverFinishedIsLeftOut() {
        assertThat(String.join("", pieces(List.of(97, 0xE2, 0x82)))).isEqualTo("a");
    }

    @Test
    void bytesThatAreNoTextDoNotHoldUpWhatFollows() {
        List<Integer> tokens = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            tokens.add(0x80);
        }
        tokens.addAll(tokens("ok €"));

        assertThat(String.join("", pieces(tokens))).isEqualTo("\uFFFD".repeat(40) + "ok €");
    }

    @RepeatedTest(20)
    void anyBytesGiveWhatDecodingThemAtOnceGives() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        List<Integer> tokens = new ArrayList<>();
        while (tokens.size() < 200) {
            if (random.nextInt(3) == 0) {
                tokens.add(random.nextInt(256));
            } else {
                tokens.addAll(tokens(Character.toString(random.nextBoolean() ? 0x1F600 + random.nextInt(60) : 'ü')));
            }
        }
        tokens.add((int) '.');
        String whole = DecoderFixture.text(
                tokens.stream().mapToLong(Integer::longValue).toArray());

        assertThat(String.join("", pieces(tokens))).as("seed %d", seed).isEqualTo(whole);
    }

    @Test
    void spaceThatATokenizerDropsAtTheBeginningOfATextIsKeptInTheMiddle() {
        // As SentencePiece does: a token brings its leading space, and the first one loses it.
        Detokenizer words = new Detokenizer(
                all -> java.util.Arrays.stream(all)
                        .mapToObj(token -> " w" + token)
                        .collect(java.util.stream.Collectors.joining())
                        .strip(),
                new long[] {1});

        assertThat(words.append(2) + words.append(3)).isEqualTo(" w2 w3");
    }

    private List<String> pieces(List<Integer> tokens) {
        List<String> pieces = new ArrayList<>();
        tokens.forEach(token -> pieces.add(detokenizer.append(token)));
        pieces.add(detokenizer.finish());
        return pieces;
    }
}
