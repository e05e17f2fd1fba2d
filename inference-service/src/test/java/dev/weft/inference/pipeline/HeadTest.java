package dev.weft.inference.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.weft.inference.modelpackage.Task.Activation;
import dev.weft.inference.modelpackage.Task.Pooling;
import dev.weft.inference.pipeline.Head.ClassificationHead;
import dev.weft.inference.pipeline.Head.EmbeddingHead;
import dev.weft.inference.tensor.DataType;
import dev.weft.inference.tensor.TensorSpec;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeadTest {

    private static final TensorSpec HIDDEN = new TensorSpec("last_hidden_state", DataType.FP32, List.of(-1L, -1L, 2L));
    private static final TensorSpec LOGITS = new TensorSpec("logits", DataType.FP32, List.of(-1L, 2L));

    /** Two rows of three tokens; the second has two, and padding that must not count. */
    private static final float[] OUTPUT = {1, 2, 3, 4, 5, 6, /* second */ 10, 20, 30, 40, 999, 999};

    private static final TokenBatch BATCH = new TokenBatch(
            List.of(new TokenizedText(new long[3], new long[3]), new TokenizedText(new long[2], new long[2])),
            List.of(1, 0),
            3);

    @ParameterizedTest
    @CsvSource({"MEAN, 20, 30, 3, 4", "CLS, 10, 20, 1, 2", "LAST_TOKEN, 30, 40, 5, 6"})
    void rowsArePooledWithoutPaddingAndReturnToTheirPlaces(Pooling pooling, float a, float b, float c, float d) {
        float[] result = new float[4];

        new EmbeddingHead(HIDDEN, 2, pooling, false).apply(OUTPUT, BATCH, result);

        assertThat(result).containsExactly(a, b, c, d);
    }

    @Test
    void normalisedVectorHasLengthOne() {
        float[] result = new float[4];

        new EmbeddingHead(HIDDEN, 2, Pooling.CLS, true).apply(OUTPUT, BATCH, result);

        assertThat(Math.hypot(result[0], result[1])).isCloseTo(1, within(1e-6));
        assertThat(result[1] / result[0]).isCloseTo(2f, within(1e-5f));
    }

    @Test
    void softmaxAddsUpToOneEvenForHugeLogits() {
        float[] result = new float[4];

        new ClassificationHead(LOGITS, List.of("card", "loan"), Activation.SOFTMAX)
                .apply(new float[] {1000, 1001, -1000, -1000}, BATCH, result);

        assertThat(result[2]).isCloseTo((float) (1 / (1 + Math.E)), within(1e-6f));
        assertThat(result[2] + result[3]).isCloseTo(1, within(1e-6f));
        assertThat(result[0]).isEqualTo(0.5f);
    }

    @Test
    void sigmoidJudgesEachLabelForItself() {
        float[] result = new float[4];

        new ClassificationHead(LOGITS, List.of("card", "loan"), Activation.SIGMOID)
                .apply(new float[] {0, 2, -1, 1}, BATCH, result);

        assertThat(result[2]).isEqualTo(0.5f);
        assertThat(result[3]).isCloseTo((float) (1 / (1 + Math.exp(-2))), within(1e-6f));
    }
}
