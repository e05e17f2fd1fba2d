package dev.weft.training.runtime.textclassifier.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DatasetTest {

    private static List<LabelledText> rows(String... textsAndLabels) {
        List<LabelledText> rows = new ArrayList<>();
        for (int i = 0; i < textsAndLabels.length; i += 2) {
            rows.add(new LabelledText(textsAndLabels[i], textsAndLabels[i + 1], i / 2 + 2));
        }
        return rows;
    }

    @Test
    void duplicatesAndContradictionsAreLeftOutAndTold() {
        Dataset data = Dataset.of(
                "train.csv",
                rows(
                        "lost card",
                        "card",
                        "Lost  card ",
                        "card",
                        "a loan",
                        "loan",
                        "help",
                        "card",
                        "help",
                        "loan",
                        "my card",
                        "card",
                        "borrow",
                        "loan"));

        assertThat(data.labels()).containsExactly("card", "loan");
        assertThat(data.examples()).extracting(LabelledText::line).containsExactly(2, 4, 7, 8);
        assertThat(data.findings())
                .isEqualTo(new Dataset.Findings(7, 1, List.of("'help': card (line 5), loan (line 6)")));
    }

    @Test
    void nothingToLearnIsRefused() {
        assertThatThrownBy(() -> Dataset.of("train.csv", List.of()))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageContaining("no examples");
        assertThatThrownBy(() -> Dataset.of("train.csv", rows("a", "x", "b", "x")))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageContaining("one label, 'x'");
    }

    @Test
    void labelsOfOneTextAreNamedWithTheirLines() {
        assertThatThrownBy(() -> Dataset.of("train.csv", rows("a", "x", "b", "x", "c", "y", "C", "y", "d", "z")))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageContaining("'y' (line 4), 'z' (line 6)");
    }

    @Test
    void heldOutLabelsMustBeKnown() {
        Dataset data = Dataset.of("train.csv", rows("a", "x", "b", "x", "c", "y", "d", "y"));

        assertThatThrownBy(() -> data.heldOut("held-out.csv", rows("e", "x", "f", "z")))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageContaining("held-out.csv: line 3: label 'z'");
        assertThat(data.seenBefore(rows("A", "x", "new", "y")))
                .extracting(LabelledText::text)
                .containsExactly("A");
    }

    @Test
    void splitHasEveryLabelOnBothSides() {
        List<LabelledText> rows = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            rows.add(new LabelledText("many " + i, "many", i));
        }
        rows.add(new LabelledText("few 1", "few", 200));
        rows.add(new LabelledText("few 2", "few", 201));
        Dataset data = Dataset.of("train.csv", rows);

        Split split = Split.stratified(data, 0.2, 1);

        assertThat(split.validation()).hasSize(21);
        assertThat(split.training()).hasSize(81).doesNotContainAnyElementsOf(split.validation());
        assertThat(split.validation()).extracting(LabelledText::label).contains("few", "many");
        assertThat(split.training()).extracting(LabelledText::label).contains("few", "many");
        assertThat(Split.stratified(data, 0.2, 1)).isEqualTo(split);
        assertThat(Split.stratified(data, 0.2, 2)).isNotEqualTo(split);
    }
}
