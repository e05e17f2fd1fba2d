package dev.weft.inference.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.inference.pipeline.TextRequest.Pairs;
import dev.weft.inference.pipeline.TextRequest.Texts;
import dev.weft.inference.pipeline.TokenizedText.Spans;
import java.util.List;
import org.junit.jupiter.api.Test;

class TextRequestTest {

    private static String key(String query, String text) {
        return new Pairs(query, new Texts("input 'TEXT'", List.of(text))).text(0);
    }

    /** One client's pair must not be answered with what was computed for another's. */
    @Test
    void pairsThatDifferAreNeverTheSame() {
        assertThat(key("a\0b", "c")).isNotEqualTo(key("a", "b\0c"));
        assertThat(key("1:a", "b")).isNotEqualTo(key("1", ":ab"));
        assertThat(key("", "ab")).isNotEqualTo(key("a", "b"));
        assertThat(key("a", "b")).isEqualTo(key("a", "b"));
    }

    @Test
    void rowCountsAllThatItHolds() {
        TokenizedText plain = new TokenizedText(new long[3], new long[3]);
        TokenizedText placed =
                new TokenizedText(new long[3], new long[3], new Spans(new int[3], new int[3], new long[3]));

        assertThat(new TextRow("ada", placed).size() - new TextRow("ada", plain).size())
                .isEqualTo(3 * (2 * Integer.BYTES + Long.BYTES));
    }
}
