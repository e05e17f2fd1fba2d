package dev.weft.inference.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.weft.inference.backend.DecoderBackend.CacheRow;
import dev.weft.inference.backend.DecoderBackend.DecoderInput;
import dev.weft.inference.backend.DecoderBackend.KvCache;
import dev.weft.inference.backend.DecoderBackend.Step;
import dev.weft.kit.error.Failure;
import dev.weft.testkit.TinyDecoder;
import dev.weft.testkit.TinyDecoderReference;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the generation loop relies on, whatever computes. The decoder is {@link TinyDecoder}. */
public abstract class DecoderBackendContract {

    private static final List<Integer> LONG = List.of(72, 101, 108, 108, 111, 44, 32, 119);
    private static final List<Integer> SHORT = List.of(79, 107);

    private DecoderBackend backend;
    private TinyDecoderReference reference;

    /** Opens the decoder that is given. */
    protected abstract DecoderBackend open(TinyDecoder decoder);

    /** How far its logits may be from the reference. */
    protected double tolerance() {
        return 1e-4;
    }

    /** Which decoder is tested. */
    protected TinyDecoder decoder() {
        return TinyDecoder.standard();
    }

    /** Whether its rows can be padded. */
    protected boolean takesPadding() {
        return true;
    }

    /** Whether several tokens can be read behind others. */
    protected boolean takesPieces() {
        return true;
    }

    @BeforeEach
    void load() {
        backend = open(decoder());
        reference = decoder().reference();
    }

    @AfterEach
    void free() {
        assertThat(backend.openCaches()).as("caches that nobody closed").isZero();
        backend.close();
    }

    @Test
    void firstStepWithoutAPastGivesTheReferencesLogits() {
        try (KvCache nothing = backend.emptyCache()) {
            Step step = backend.decode(input(LONG), nothing);

            try (KvCache cache = step.cache()) {
                assertThat(cache.length()).isEqualTo(LONG.size());
                assertLogits(step, 0, LONG);
            }
        }
    }

    @Test
    void whetherPromptsMayBeReadInPiecesIsTold() {
        assertThat(backend.readsInPieces()).isEqualTo(takesPieces());
    }

    @Test
    void readingInPiecesIsReadingAtOnce() {
        if (!takesPieces()) {
            assertThat(backend.readsInPieces()).as("so that nobody tries").isFalse();
            return;
        }
        try (KvCache nothing = backend.emptyCache();
                KvCache first = backend.prefill(input(LONG.subList(0, 3)), nothing);
                KvCache second = backend.prefill(input(LONG.subList(3, 7)), first)) {
            Step step = backend.decode(input(LONG.subList(7, 8)), second);

            try (KvCache cache = step.cache()) {
                assertThat(cache.length()).isEqualTo(8);
                assertLogits(step, 0, LONG);
            }
        }
    }

    @Test
    void whetherRowsAreIndependentIsTold() {
        assertThat(backend.rowsAreIndependent()).isEqualTo(takesPadding());
    }

    @Test
    void rowsOfDifferentLengthsDoNotDisturbEachOther() {
        if (!takesPadding()) {
            assertThat(backend.rowsAreIndependent()).as("so that nobody tries").isFalse();
            return;
        }
        try (KvCache nothing = backend.emptyCache();
                KvCache longer = backend.prefill(input(LONG.subList(0, 7)), nothing);
                KvCache shorter = backend.prefill(input(SHORT.subList(0, 1)), nothing);
                KvCache both = backend.gather(List.of(
                        new CacheRow(longer, 0, 7), new CacheRow(shorter, 0, 1), new CacheRow(nothing, 0, 0)))) {
            long[] tokens = {LONG.get(7), SHORT.get(1), 33};
            Step step = backend.decode(new DecoderInput(tokens, new int[] {0, 6, 7}), both);

            try (KvCache cache = step.cache()) {
                assertThat(cache.rows()).isEqualTo(3);
                assertThat(cache.length()).isEqualTo(8);
                assertLogits(step, 0, LONG);
                assertLogits(step, 1, SHORT);
                assertLogits(step, 2, List.of(33));
            }
        }
    }

    @Test
    void rowThatIsTakenOutGoesOnAsIfItHadBeenAlone() {
        try (KvCache nothing = backend.emptyCache();
                KvCache longer = backend.prefill(input(LONG.subList(0, 7)), nothing);
                KvCache shorter = backend.prefill(input(SHORT.subList(0, 1)), nothing);
                KvCache both = backend.gather(List.of(new CacheRow(longer, 0, 7), new CacheRow(shorter, 0, 1)));
                KvCache alone = backend.gather(List.of(new CacheRow(both, 1, 1)))) {
            assertThat(alone.length()).isEqualTo(1);

            Step step = backend.decode(input(SHORT.subList(1, 2)), alone);

            try (KvCache cache = step.cache()) {
                assertThat(cache.length()).isEqualTo(2);
                assertLogits(step, 0, SHORT);
            }
        }
    }

    @Test
    void tokensThatTheGraphRefusesLeaveThePastAsItWas() {
        try (KvCache nothing = backend.emptyCache();
                KvCache past = backend.prefill(input(LONG.subList(0, 7)), nothing)) {
            assertThatThrownBy(() -> backend.decode(input(List.of(TinyDecoder.VOCABULARY)), past))
                    .isInstanceOf(Failure.class);

            Step step = backend.decode(input(LONG.subList(7, 8)), past);

            try (KvCache cache = step.cache()) {
                assertThat(cache.length()).isEqualTo(8);
                assertLogits(step, 0, LONG);
            }
        }
    }

    @Test
    void sizeOfTheCacheIsTold() {
        int element = decoder().cache() == dev.weft.testkit.OnnxGraph.Element.FLOAT16 ? 2 : 4;

        assertThat(backend.cacheBytesPerToken()).isEqualTo(2L * 2 * 2 * 8 * element);
    }

    private void assertLogits(Step step, int row, List<Integer> tokens) {
        double[] expected = reference.logits(tokens);
        assertThat(step.vocabulary()).isEqualTo(expected.length);
        for (int token = 0; token < expected.length; token++) {
            assertThat((double) step.logits()[row * expected.length + token])
                    .as("row %d, token %d", row, token)
                    .isCloseTo(expected[token], within(tolerance()));
        }
    }

    private static DecoderInput input(List<Integer> tokens) {
        return new DecoderInput(tokens.stream().mapToLong(Integer::longValue).toArray(), new int[1]);
    }
}
