package dev.weft.inference.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class TensorTest {

    @Test
    void negativeDimensionIsRefused() {
        assertThatThrownBy(() -> Shape.of(2, -1))
                .isInstanceOf(InvalidArgument.class)
                .hasMessage("shape: [2, -1] (expected: every dimension >= 0)");
    }

    @Test
    void shapeWhoseElementsOverflowIsRefused() {
        assertThatThrownBy(() -> Shape.of(1 << 20, 1 << 20)).isInstanceOf(InvalidArgument.class);
        assertThatThrownBy(() -> Shape.of(Long.MAX_VALUE, 2)).isInstanceOf(InvalidArgument.class);
        assertThatThrownBy(() -> Shape.of(0, Long.MAX_VALUE)).isInstanceOf(InvalidArgument.class);
    }

    @Test
    void bytesMustFitTheShape() {
        assertThatThrownBy(() -> new Tensor.Numbers("X", DataType.FP32, Shape.of(2, 2), ByteBuffer.allocate(12)))
                .isInstanceOf(InvalidArgument.class)
                .hasMessage("tensor 'X': 12 bytes (expected: 16 for shape [2, 2] of FP32)");
    }

    @Test
    void wrongDatatypeAndShapeAreNamed() {
        TensorSpec spec = new TensorSpec("X", DataType.FP32, List.of(-1L, 2L));

        spec.check(new Tensor.Numbers("X", DataType.FP32, Shape.of(7, 2), ByteBuffer.allocate(56)));

        assertThatThrownBy(() ->
                        spec.check(new Tensor.Numbers("X", DataType.FP64, Shape.of(1, 2), ByteBuffer.allocate(16))))
                .hasMessage("input 'X': datatype FP64 (expected: FP32)");
        assertThatThrownBy(() ->
                        spec.check(new Tensor.Numbers("X", DataType.FP32, Shape.of(2, 3), ByteBuffer.allocate(24))))
                .hasMessage("input 'X': shape [2, 3] (expected: [-1, 2], -1 is any size)");
    }

    @Test
    void invalidUtf8IsNamedByElementAndByte() {
        Tensor.Strings tensor = new Tensor.Strings(
                "TEXT",
                Shape.of(2),
                List.of("ok".getBytes(java.nio.charset.StandardCharsets.UTF_8), new byte[] {'a', (byte) 0xC3}));

        assertThatThrownBy(() -> Utf8.decode(tensor))
                .isInstanceOf(InvalidArgument.class)
                .hasMessage("input 'TEXT'[1]: byte 1 is not valid UTF-8 (expected: UTF-8 text)");
    }

    @Test
    void unknownDatatypeNamesTheKnownOnes() {
        assertThatThrownBy(() -> DataType.of("FLOAT", "datatype")).hasMessageContaining("FP32");
        assertThat(DataType.of("BF16", "datatype")).isEqualTo(DataType.BF16);
    }
}
