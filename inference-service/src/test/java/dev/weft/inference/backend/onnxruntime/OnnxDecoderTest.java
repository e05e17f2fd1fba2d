package dev.weft.inference.backend.onnxruntime;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.inference.backend.DecoderBackend;
import dev.weft.inference.backend.DecoderBackendContract;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.testkit.OnnxGraph;
import dev.weft.testkit.OnnxGraph.Element;
import dev.weft.testkit.TinyDecoder;
import dev.weft.testkit.TinyDecoder.Positions;
import dev.weft.testkit.TinyWeights;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract for each layout that Optimum exports. */
class OnnxDecoderTest {

    private abstract static class Exported extends DecoderBackendContract {
        @TempDir
        private Path folder;

        @Override
        protected DecoderBackend open(TinyDecoder decoder) {
            OnnxGraph.write(decoder.graph(), folder);
            return OnnxDecoder.open(folder.resolve("onnx/model.onnx"), OnnxSettings.stock());
        }
    }

    @Nested
    class Standard extends Exported {}

    @Nested
    class HalfPrecisionCache extends Exported {
        @Override
        protected TinyDecoder decoder() {
            return new TinyDecoder(TinyWeights.random(42), Element.FLOAT16, Positions.GIVEN, false, false);
        }

        /** A key that lies between two halves may be rounded either way. */
        @Override
        protected double tolerance() {
            return 2e-2;
        }
    }

    @Nested
    class PositionsCountedInTheMask extends Exported {
        @Override
        protected TinyDecoder decoder() {
            return new TinyDecoder(TinyWeights.random(42), Element.FLOAT, Positions.COUNTED_IN_MASK, false, false);
        }
    }

    @Nested
    class PositionsCountedInThePast extends Exported {
        @Override
        protected TinyDecoder decoder() {
            return new TinyDecoder(TinyWeights.random(42), Element.FLOAT, Positions.COUNTED_IN_PAST, false, false);
        }

        @Override
        protected boolean takesPadding() {
            return false;
        }
    }

    @Nested
    class FusedAttention extends Exported {
        @Override
        protected TinyDecoder decoder() {
            return new TinyDecoder(TinyWeights.random(42), Element.FLOAT, Positions.GIVEN, false, true);
        }

        @Override
        protected boolean takesPadding() {
            return false;
        }
    }

    @Nested
    class Merged extends Exported {
        @Override
        protected TinyDecoder decoder() {
            return new TinyDecoder(TinyWeights.random(42), Element.FLOAT, Positions.GIVEN, true, false);
        }

        @Override
        protected boolean takesPieces() {
            return false;
        }
    }

    @Test
    void graphThatIsNoDecoderIsRefusedWithWhatItLacks(@TempDir Path folder) {
        OnnxGraph.write(OnnxGraph.bagOfTokens(new float[][] {{1, 2}}), folder);

        assertThatThrownBy(() -> OnnxDecoder.open(folder.resolve("onnx/model.onnx"), OnnxSettings.stock()))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining("no input 'past_key_values.0.key'; was it exported with a KV cache?");
    }
}
