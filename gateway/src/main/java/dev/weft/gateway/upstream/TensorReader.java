package dev.weft.gateway.upstream;

import com.google.protobuf.ByteString;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.protocol.inference.ModelInferResponse;
import dev.weft.protocol.inference.ModelInferResponse.InferOutputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads one answer of a V2 text model, whose tensors are raw because the request's were.
 *
 * <p>All methods throw {@link Internal} when the answer has another form than inference-service's: a defect, nothing that a client
 * could mend.
 */
final class TensorReader {

    private final ModelInferResponse response;

    TensorReader(ModelInferResponse response) {
        if (response.getRawOutputContentsCount() != response.getOutputsCount()) {
            throw new Internal(
                    "inference-service answered " + response.getOutputsCount() + " outputs and "
                            + response.getRawOutputContentsCount() + " raw contents (expected: as many)",
                    null);
        }
        this.response = response;
    }

    /** The model and version that answered, by a name that means just that. */
    String answeredBy() {
        String version = response.getModelVersion();
        return version.isEmpty() ? response.getModelName() : response.getModelName() + "@" + version;
    }

    /**
     * FP32 [rows, columns], row-major.
     *
     * @param values owned by this record
     */
    record Matrix(float[] values, int columns) {
        int rows() {
            return values.length / columns;
        }
    }

    /** FP32 of two dimensions. */
    Matrix matrix(String name) {
        int index = index(name, "FP32");
        List<Long> shape = response.getOutputs(index).getShapeList();
        ByteString raw = response.getRawOutputContents(index);
        if (shape.size() != 2 || shape.get(1) < 1 || shape.get(0) * shape.get(1) * Float.BYTES != raw.size()) {
            throw unexpected(index, "[rows, columns] and 4 bytes each");
        }
        float[] values = new float[raw.size() / Float.BYTES];
        bytes(index).asFloatBuffer().get(values);
        return new Matrix(values, Math.toIntExact(shape.get(1)));
    }

    /** FP32 of two dimensions, no element of which is NaN or infinite: JSON has no such numbers. */
    Matrix finiteMatrix(String name) {
        Matrix matrix = matrix(name);
        for (int i = 0; i < matrix.values().length; i++) {
            if (!Float.isFinite(matrix.values()[i])) {
                throw new Internal("the model's output '" + name + "' has no number at element " + i, null);
            }
        }
        return matrix;
    }

    /** The sum of an INT64 output. */
    long sum(String name) {
        int index = index(name, "INT64");
        ByteBuffer data = bytes(index);
        if (data.remaining() % Long.BYTES != 0) {
            throw unexpected(index, "8 bytes each");
        }
        long sum = 0;
        while (data.hasRemaining()) {
            sum += data.getLong();
        }
        return sum;
    }

    /** BYTES, one string per row. */
    List<String> strings(String name) {
        int index = index(name, "BYTES");
        ByteBuffer data = bytes(index);
        List<String> strings = new ArrayList<>();
        while (data.hasRemaining()) {
            int length = data.remaining() < Integer.BYTES ? -1 : data.getInt();
            if (length < 0 || length > data.remaining()) {
                throw unexpected(index, "a length of 4 bytes and as many bytes each");
            }
            byte[] element = new byte[length];
            data.get(element);
            strings.add(new String(element, StandardCharsets.UTF_8));
        }
        return strings;
    }

    private int index(String name, String datatype) {
        for (int i = 0; i < response.getOutputsCount(); i++) {
            InferOutputTensor output = response.getOutputs(i);
            if (output.getName().equals(name) && output.getDatatype().equals(datatype)) {
                return i;
            }
        }
        throw new Internal(
                "inference-service answered outputs "
                        + response.getOutputsList().stream()
                                .map(output -> output.getName() + " " + output.getDatatype())
                                .toList()
                        + " (expected: " + name + " " + datatype + " among them)",
                null);
    }

    private ByteBuffer bytes(int index) {
        return response.getRawOutputContents(index).asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    private Internal unexpected(int index, String expected) {
        InferOutputTensor output = response.getOutputs(index);
        return new Internal(
                "inference-service answered output '" + output.getName() + "' " + output.getShapeList() + " in "
                        + response.getRawOutputContents(index).size() + " bytes (expected: " + expected + ")",
                null);
    }
}
