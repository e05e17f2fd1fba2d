package dev.weft.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

/** With words for tokens, which needs no model. */
class TextsTest {

    @Test
    void sentencesAreAllDifferentAndComplete() {
        List<Text> sentences = Texts.sentences(TextsTest::words);

        assertThat(sentences).doesNotHaveDuplicates().hasSize(64);
        assertThat(sentences).noneMatch(text -> text.value().matches(".*[{}\"\\\\].*"));
    }

    @Test
    void paragraphsHaveTheLengthThatWasAskedFor() {
        List<Text> paragraphs = Texts.paragraphs(20, 100, 1, TextsTest::words);

        assertThat(paragraphs).allMatch(text -> text.tokens() == 100 && words(text.value()) == 100);
    }

    @Test
    void lengthsAreUniformOverTheirLogarithm() {
        List<Text> texts = Texts.logUniform(2000, 8, 256, 1, TextsTest::words);

        // The middle between 8 and 256 on a logarithmic scale.
        long shorter = texts.stream().filter(text -> text.tokens() < 45).count();
        assertThat(texts).allMatch(text -> text.tokens() >= 8 && text.tokens() <= 256);
        assertThat(shorter / 2000.0).isCloseTo(0.5, within(0.04));
    }

    @Test
    void batchesHoldTextsOfSimilarLength() {
        List<Text> texts =
                List.of(new Text("d", 4), new Text("a", 1), new Text("c", 3), new Text("b", 2), new Text("e", 5));

        assertThat(DirectTarget.batches(texts, 2))
                .extracting(batch -> batch.stream().map(Text::value).toList())
                .containsExactly(List.of("a", "b"), List.of("c", "d"));
    }

    private static int words(String text) {
        return text.isEmpty() ? 0 : text.split(" ").length;
    }
}
