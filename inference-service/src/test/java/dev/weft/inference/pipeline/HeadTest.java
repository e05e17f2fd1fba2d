package dev.weft.inference.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.weft.inference.modelpackage.Task.Activation;
import dev.weft.inference.modelpackage.Task.Pooling;
import dev.weft.inference.tensor.DataType;
import dev.weft.inference.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeadTest {

    private static final TensorSpec HIDDEN = new TensorSpec("last_hidden_state", DataType.FP32, List.of(-1L, -1L, 2L));
    private static final TensorSpec LOGITS = new TensorSpec("logits", DataType.FP32, List.of(-1L, 2L));

    private static final TextRow LONG = row(3);
    private static final TextRow SHORT = row(2);

    /** Two rows of three tokens; the second has two, and padding that must not count. */
    private static final float[] OUTPUT = {1, 2, 3, 4, 5, 6, /* second */ 10, 20, 30, 40, 999, 999};

    private static TextRow row(int tokens) {
        return new TextRow("", new TokenizedText(new long[tokens], new long[tokens]));
    }

    private static RunOutput output(float... values) {
        ByteBuffer data = ByteBuffer.allocateDirect(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        data.asFloatBuffer().put(values);
        return new RunOutput(data, DataType.FP32);
    }

    @ParameterizedTest
    @CsvSource({"MEAN, 20, 30, 3, 4", "CLS, 10, 20, 1, 2", "LAST_TOKEN, 30, 40, 5, 6"})
    void rowsArePooledWithoutPadding(Pooling pooling, float a, float b, float c, float d) {
        EmbeddingHead head = new EmbeddingHead(HIDDEN, 2, pooling, false);

        assertThat(head.read(output(OUTPUT), 1, 3, SHORT.text())).containsExactly(a, b);
        assertThat(head.read(output(OUTPUT), 0, 3, LONG.text())).containsExactly(c, d);
    }

    @Test
    void halfPrecisionIsReadAsFloats() {
        ByteBuffer data = ByteBuffer.allocateDirect(8).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : new float[] {1, -2, 0.5f, 65504}) {
            data.putShort(Float.floatToFloat16(value));
        }

        assertThat(new RunOutput(data.flip(), DataType.FP16).floats(1, 3)).containsExactly(-2, 0.5f, 65504);
    }

    @Test
    void normalisedVectorHasLengthOne() {
        float[] vector = new EmbeddingHead(HIDDEN, 2, Pooling.CLS, true).read(output(OUTPUT), 1, 3, SHORT.text());

        assertThat(Math.hypot(vector[0], vector[1])).isCloseTo(1, within(1e-6));
        assertThat(vector[1] / vector[0]).isCloseTo(2f, within(1e-5f));
    }

    @Test
    void softmaxAddsUpToOneEvenForHugeLogits() {
        ClassificationHead head = new ClassificationHead(LOGITS, List.of("card", "loan"), Activation.SOFTMAX);

        float[] scores = head.read(output(1000, 1001, -1000, -1000), 0, 3, LONG.text());

        assertThat(scores[0]).isCloseTo((float) (1 / (1 + Math.E)), within(1e-6f));
        assertThat(scores[0] + scores[1]).isCloseTo(1, within(1e-6f));
        assertThat(head.read(output(1000, 1001, -1000, -1000), 1, 3, SHORT.text())[0])
                .isEqualTo(0.5f);
    }

    @Test
    void sigmoidJudgesEachLabelForItself() {
        ClassificationHead head = new ClassificationHead(LOGITS, List.of("card", "loan"), Activation.SIGMOID);

        float[] scores = head.read(output(0, 2), 0, 3, LONG.text());

        assertThat(scores[0]).isEqualTo(0.5f);
        assertThat(scores[1]).isCloseTo((float) (1 / (1 + Math.exp(-2))), within(1e-6f));
    }

    @Test
    void wordsOfOneLabelAreOneEntityAndSubwordsFollowTheirFirst() {
        TokenClassificationHead head = new TokenClassificationHead(
                new TensorSpec("logits", DataType.FP32, List.of(-1L, -1L, 3L)), List.of("O", "B-PER", "I-PER"));
        // [CLS] 𝄞 Ada Love ##lace met Bob [SEP]; the first character lies outside of the basic plane
        String text = "\ud834\udd1e Ada Lovelace met Bob";
        TokenizedText tokens = new TokenizedText(
                new long[8],
                new long[8],
                new TokenizedText.Spans(
                        new int[] {0, 0, 2, 6, 10, 15, 19, 0},
                        new int[] {0, 1, 5, 10, 14, 18, 22, 0},
                        new long[] {-1, 0, 1, 2, 2, 3, 4, -1}));
        float[] logits = new float[8 * 3];
        int[] labels = {1, 0, 1, 2, 0, 0, 1, 1};
        for (int token = 0; token < labels.length; token++) {
            logits[token * 3 + labels[token]] = 100;
        }
        TextRow row = new TextRow(text, tokens);
        row.complete(head.read(output(logits), 0, 8, tokens));

        assertThat(head.entities(row))
                .containsExactly(new Entity("PER", 1, "Ada Lovelace", 2, 14), new Entity("PER", 1, "Bob", 19, 22));
    }
}
