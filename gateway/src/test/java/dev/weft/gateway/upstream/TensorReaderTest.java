package dev.weft.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferResponse;
import dev.weft.protocol.inference.ModelInferResponse.InferOutputTensor;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@link TensorWriter} writes is read again, and answers of another form are defects. */
class TensorReaderTest {

    @Test
    void textsAreReadAsTheyWereWritten() {
        List<String> texts = List.of("Überweisung", "", "😀");
        ModelInferRequest request =
                new TensorWriter("echo").texts("TEXT", texts).build();

        ModelInferResponse echo = response("BYTES", request.getRawInputContents(0), 3);

        assertThat(new TensorReader(echo).strings("X")).isEqualTo(texts);
    }

    @Test
    void outputThatIsMissingIsNamed() {
        TensorReader reader = new TensorReader(response("INT64", ByteString.copyFrom(new byte[8]), 1));

        assertThatThrownBy(() -> reader.matrix("SCORE"))
                .isInstanceOf(Internal.class)
                .hasMessage("inference-service answered outputs [X INT64] (expected: SCORE FP32 among them)");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 3})
    void matrixOfAnotherSizeThanItsShapeIsRefused(long columns) {
        TensorReader reader = new TensorReader(response("FP32", ByteString.copyFrom(new byte[8]), 1, columns));

        assertThatThrownBy(() -> reader.matrix("X"))
                .isInstanceOf(Internal.class)
                .hasMessage("inference-service answered output 'X' [1, " + columns
                        + "] in 8 bytes (expected: [rows, columns] and 4 bytes each)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\1\0\0", "\5\0\0\0abcd", "\377\377\377\377"})
    void stringsOfWrongLengthsAreRefused(String raw) {
        ByteString bytes = ByteString.copyFrom(raw, StandardCharsets.ISO_8859_1);
        TensorReader reader = new TensorReader(response("BYTES", bytes, 1));

        assertThatThrownBy(() -> reader.strings("X")).isInstanceOf(Internal.class);
    }

    @Test
    void typedContentsAreRefused() {
        ModelInferResponse typed = ModelInferResponse.newBuilder()
                .addOutputs(InferOutputTensor.newBuilder().setName("X"))
                .build();

        assertThatThrownBy(() -> new TensorReader(typed))
                .isInstanceOf(Internal.class)
                .hasMessage("inference-service answered 1 outputs and 0 raw contents (expected: as many)");
    }

    private static ModelInferResponse response(String datatype, ByteString raw, long... shape) {
        InferOutputTensor.Builder output =
                InferOutputTensor.newBuilder().setName("X").setDatatype(datatype);
        for (long dim : shape) {
            output.addShape(dim);
        }
        return ModelInferResponse.newBuilder()
                .addOutputs(output)
                .addRawOutputContents(raw)
                .build();
    }
}
