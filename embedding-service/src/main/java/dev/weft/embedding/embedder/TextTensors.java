package dev.weft.embedding.embedder;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.protocol.inference.InferParameter;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferRequest.InferInputTensor;
import dev.weft.protocol.inference.ModelInferRequest.InferRequestedOutputTensor;
import dev.weft.protocol.inference.ModelInferResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Texts and numbers as V2's raw tensors. */
final class TextTensors {

    private TextTensors() {}

    static InferParameter parameter(String value) {
        return InferParameter.newBuilder().setStringParam(value).build();
    }

    static InferParameter parameter(boolean value) {
        return InferParameter.newBuilder().setBoolParam(value).build();
    }

    static InferRequestedOutputTensor output(String name) {
        return InferRequestedOutputTensor.newBuilder().setName(name).build();
    }

    /** Adds BYTES [rows]. */
    static void add(ModelInferRequest.Builder request, String name, List<String> texts) {
        List<byte[]> elements = texts.stream()
                .map(text -> text.getBytes(StandardCharsets.UTF_8))
                .toList();
        int size = elements.stream()
                .mapToInt(element -> Integer.BYTES + element.length)
                .sum();
        ByteBuffer data = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        elements.forEach(element -> data.putInt(element.length).put(element));
        request.addInputs(InferInputTensor.newBuilder()
                        .setName(name)
                        .setDatatype("BYTES")
                        .addShape(texts.size()))
                .addRawInputContents(UnsafeByteOperations.unsafeWrap(data.flip()));
    }

    /**
     * An FP32 output of so many rows, row-major.
     *
     * @throws Internal when the answer has another form: a defect, nothing that a caller could mend
     */
    static float[] floats(ModelInferResponse response, String name, int rows) {
        for (int i = 0; i < response.getOutputsCount(); i++) {
            if (response.getOutputs(i).getName().equals(name)
                    && response.getOutputs(i).getDatatype().equals("FP32")) {
                ByteString raw = response.getRawOutputContents(i);
                if (raw.isEmpty() || raw.size() % (rows * Float.BYTES) != 0) {
                    throw unexpected(response, name, raw.size() + " bytes (expected: of " + rows + " rows)");
                }
                float[] values = new float[raw.size() / Float.BYTES];
                raw.asReadOnlyByteBuffer()
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .asFloatBuffer()
                        .get(values);
                return values;
            }
        }
        throw unexpected(response, name, "none (expected: FP32)");
    }

    private static Internal unexpected(ModelInferResponse response, String name, String what) {
        return new Internal("output '" + name + "' of model '" + response.getModelName() + "': " + what, null);
    }
}
