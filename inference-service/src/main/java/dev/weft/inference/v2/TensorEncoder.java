package dev.weft.inference.v2;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.weft.inference.tensor.DataType;
import dev.weft.inference.tensor.Tensor;
import dev.weft.protocol.inference.InferTensorContents;
import dev.weft.protocol.inference.ModelInferResponse;
import dev.weft.protocol.inference.ModelInferResponse.InferOutputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Writes a model's answers, raw where the client was raw, as grpc clients expect it; typed otherwise. */
final class TensorEncoder {

    private TensorEncoder() {}

    /** Adds all outputs to the response. FP16 and BF16 have no typed form, so one of them makes all outputs raw. */
    static void encode(List<Tensor> outputs, boolean raw, ModelInferResponse.Builder response) {
        boolean allRaw = raw
                || outputs.stream()
                        .anyMatch(output -> output.type() == DataType.FP16 || output.type() == DataType.BF16);
        for (Tensor output : outputs) {
            InferOutputTensor.Builder tensor = InferOutputTensor.newBuilder()
                    .setName(output.name())
                    .setDatatype(output.type().name())
                    .addAllShape(output.shape().dims());
            if (allRaw) {
                response.addRawOutputContents(raw(output));
            } else {
                tensor.setContents(typed(output));
            }
            response.addOutputs(tensor);
        }
    }

    private static ByteString raw(Tensor output) {
        return switch (output) {
            // The tensor is ours alone and never changed again: wrapping saves a copy of the result.
            case Tensor.Numbers numbers -> UnsafeByteOperations.unsafeWrap(numbers.data());
            case Tensor.Strings strings -> {
                int size = strings.elements().stream()
                        .mapToInt(element -> Integer.BYTES + element.length)
                        .sum();
                ByteBuffer data = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
                strings.elements()
                        .forEach(element -> data.putInt(element.length).put(element));
                yield UnsafeByteOperations.unsafeWrap(data.flip());
            }
        };
    }

    private static InferTensorContents typed(Tensor output) {
        InferTensorContents.Builder contents = InferTensorContents.newBuilder();
        switch (output) {
            case Tensor.Strings strings ->
                strings.elements()
                        .forEach(element -> contents.addBytesContents(UnsafeByteOperations.unsafeWrap(element)));
            case Tensor.Numbers numbers -> {
                ByteBuffer data = numbers.view();
                while (data.hasRemaining()) {
                    switch (numbers.type()) {
                        case BOOL -> contents.addBoolContents(data.get() != 0);
                        case INT8 -> contents.addIntContents(data.get());
                        case INT16 -> contents.addIntContents(data.getShort());
                        case INT32 -> contents.addIntContents(data.getInt());
                        case INT64 -> contents.addInt64Contents(data.getLong());
                        case UINT8 -> contents.addUintContents(Byte.toUnsignedInt(data.get()));
                        case UINT16 -> contents.addUintContents(Short.toUnsignedInt(data.getShort()));
                        case UINT32 -> contents.addUintContents(data.getInt());
                        case UINT64 -> contents.addUint64Contents(data.getLong());
                        case FP32 -> contents.addFp32Contents(data.getFloat());
                        case FP64 -> contents.addFp64Contents(data.getDouble());
                        case FP16, BF16, BYTES ->
                            throw new IllegalStateException(numbers.type() + " has no typed numbers");
                    }
                }
            }
        }
        return contents.build();
    }
}
