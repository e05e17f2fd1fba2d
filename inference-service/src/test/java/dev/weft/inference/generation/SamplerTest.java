package dev.weft.inference.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SamplerTest {

    /** Probabilities 0.4, 0.3, 0.2, 0.1. */
    private static final float[] LOGITS = logs(0.4, 0.3, 0.2, 0.1);

    private static final int DRAWS = 20_000;

    @Test
    void temperatureZeroTakesTheLikeliestAndOfEqualOnesTheFirst() {
        assertThat(new Sampler(SamplingOptions.greedy(), new long[] {0}).next(new float[] {1, 3, 3, 2}))
                .isEqualTo(1);
    }

    @Test
    void temperatureOneDrawsByProbability() {
        assertShares(options(1, 1, 0), 0.4, 0.3, 0.2, 0.1);
    }

    @Test
    void lowerTemperatureSharpens() {
        assertShares(options(0.5, 1, 0), 16 / 30.0, 9 / 30.0, 4 / 30.0, 1 / 30.0);
    }

    @Test
    void topKKeepsTheLikeliest() {
        assertShares(options(1, 1, 2), 4 / 7.0, 3 / 7.0, 0, 0);
    }

    @Test
    void topPKeepsTheSmallestSetThatReachesIt() {
        assertShares(options(1, 0.65, 0), 4 / 7.0, 3 / 7.0, 0, 0);
        assertShares(options(1, 0.75, 0), 4 / 9.0, 3 / 9.0, 2 / 9.0, 0);
    }

    /** Shares 0.82 and 0.081 are needed to reach 0.9: those of the other thousand, too small to be kept, count in the whole. */
    @Test
    void topPIsAShareOfAllTokensAndNotOfTheLikelyOnes() {
        double[] shares = new double[1_000];
        java.util.Arrays.fill(shares, 0.099 / 998);
        shares[0] = 0.82;
        shares[1] = 0.081;
        Sampler sampler = new Sampler(options(1, 0.9, 0), new long[] {0});

        int[] counts = new int[shares.length];
        for (int i = 0; i < 2_000; i++) {
            counts[sampler.next(logs(shares))]++;
        }

        assertThat(counts[0] + counts[1]).as("no other is drawn").isEqualTo(2_000);
        assertThat(counts[1] / 2_000.0).isCloseTo(0.081 / 0.901, within(0.02));
    }

    @Test
    void topPCountsInWhatTopKHasKept() {
        assertShares(options(1, 0.5, 2), 1, 0, 0, 0);
    }

    @Test
    void repetitionPenaltyHitsPromptAndAnswer() {
        SamplingOptions options = new SamplingOptions(0, 1, 0, 2, 0, 0, 0);
        Sampler sampler = new Sampler(options, new long[] {0});

        assertThat(sampler.next(new float[] {3, 2, -1, -1.5f})).as("3 / 2 < 2").isEqualTo(1);
        assertThat(sampler.next(new float[] {3, 2, -1, -1.5f})).as("1.5, 1").isZero();
        assertThat(sampler.next(new float[] {-1, -1, -1.5f, -3}))
                .as("-2, -2, -1.5")
                .isEqualTo(2);
    }

    @Test
    void frequencyAndPresencePenaltiesHitTheAnswerOnly() {
        SamplingOptions options = new SamplingOptions(0, 1, 0, 1, 1, 0.5, 0);
        Sampler sampler = new Sampler(options, new long[] {0});

        assertThat(sampler.next(new float[] {3, 0}))
                .as("the prompt does not count")
                .isZero();
        assertThat(sampler.next(new float[] {3, 1.6f})).as("3 - 1 - 0.5 < 1.6").isEqualTo(1);
        assertThat(sampler.next(new float[] {3, 3.2f})).as("1.5 and 1.7").isEqualTo(1);
        assertThat(sampler.next(new float[] {3, 3.9f})).as("1.5 and 3.9 - 2.5").isZero();
    }

    @Test
    void largeVocabularyIsDrawnFromAsASmallOne() {
        float[] logits = new float[50_000];
        java.util.Arrays.fill(logits, -50);
        System.arraycopy(LOGITS, 0, logits, 30_000, 4);
        Sampler sampler = new Sampler(options(1, 0.65, 40), new long[] {0});

        Map<Integer, Integer> counts = new TreeMap<>();
        for (int i = 0; i < 200; i++) {
            counts.merge(sampler.next(logits.clone()), 1, Integer::sum);
        }

        assertThat(counts).containsOnlyKeys(30_000, 30_001);
    }

    @Test
    void logitsThatAreNoNumbersAreADefect() {
        float[] logits = {Float.NaN, Float.NaN};

        assertThatThrownBy(() -> new Sampler(SamplingOptions.greedy(), new long[] {0}).next(logits))
                .isInstanceOf(Internal.class);
        assertThatThrownBy(() -> new Sampler(options(1, 1, 0), new long[] {0}).next(logits))
                .isInstanceOf(Internal.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "2.1 | 1   | 0  | 1   | 0    | 0    | parameters.temperature: 2.1 (expected: 0 to 2)",
                "NaN | 1   | 0  | 1   | 0    | 0    | parameters.temperature: NaN (expected: 0 to 2)",
                "1   | 0   | 0  | 1   | 0    | 0    | parameters.top_p: 0.0 (expected: over 0, at most 1)",
                "1   | 1   | -1 | 1   | 0    | 0    | parameters.top_k: -1 (expected: 0 for all tokens, or more)",
                "1   | 1   | 0  | 0   | 0    | 0    | parameters.repetition_penalty: 0.0 (expected: over 0, at most 100)",
                "1   | 1   | 0  | 1   | 2.5  | 0    | parameters.frequency_penalty: 2.5 (expected: -2 to 2)",
                "1   | 1   | 0  | 1   | 0    | -2.5 | parameters.presence_penalty: -2.5 (expected: -2 to 2)",
            })
    void valuesOutOfRangeAreRefused(
            double temperature,
            double topP,
            int topK,
            double repetition,
            double frequency,
            double presence,
            String message) {
        assertThatThrownBy(() -> new SamplingOptions(temperature, topP, topK, repetition, frequency, presence, 0))
                .isInstanceOf(InvalidArgument.class)
                .hasMessage(message);
    }

    private static SamplingOptions options(double temperature, double topP, int topK) {
        return new SamplingOptions(temperature, topP, topK, 1, 0, 0, 1);
    }

    private static void assertShares(SamplingOptions options, double... expected) {
        Sampler sampler = new Sampler(options, new long[] {0});
        int[] counts = new int[expected.length];
        for (int i = 0; i < DRAWS; i++) {
            counts[sampler.next(LOGITS.clone())]++;
        }
        for (int token = 0; token < expected.length; token++) {
            assertThat((double) counts[token] / DRAWS).as("token %d", token).isCloseTo(expected[token], within(0.02));
        }
    }

    private static float[] logs(double... probabilities) {
        float[] logits = new float[probabilities.length];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) Math.log(probabilities[i]);
        }
        return logits;
    }
}
