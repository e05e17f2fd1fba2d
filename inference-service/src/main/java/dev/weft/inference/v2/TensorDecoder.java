package dev.weft.inference.v2;

import com.google.protobuf.ByteString;
import dev.weft.inference.tensor.DataType;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.protocol.inference.InferTensorContents;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferRequest.InferInputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Reads a request's tensors, from typed contents or from raw bytes. Raw numbers are not copied. */
final class TensorDecoder {

    private TensorDecoder() {}

    /**
     * All inputs of a request.
     *
     * @throws InvalidArgument naming the input, what came and what was expected
     */
    static List<Tensor> decode(ModelInferRequest request) {
        int count = request.getInputsCount();
        if (count == 0) {
            throw new InvalidArgument("inputs: none (expected: at least one)");
        }
        boolean raw = request.getRawInputContentsCount() > 0;
        if (raw && request.getRawInputContentsCount() != count) {
            throw new InvalidArgument("raw_input_contents: " + request.getRawInputContentsCount()
                    + " entries (expected: " + count + ", one for each input)");
        }
        Set<String> names = new HashSet<>();
        List<Tensor> tensors = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            InferInputTensor input = request.getInputs(i);
            if (!names.add(input.getName())) {
                throw new InvalidArgument(
                        "inputs[" + i + "]: name '" + input.getName() + "' twice (expected: unique names)");
            }
            try {
                tensors.add(raw ? raw(input, request.getRawInputContents(i)) : typed(input));
            } catch (InvalidArgument e) {
                throw new InvalidArgument("inputs[" + i + "]: " + e.getMessage());
            }
        }
        return tensors;
    }

    private static Tensor raw(InferInputTensor input, ByteString bytes) {
        if (input.hasContents()) {
            throw new InvalidArgument(
                    "'" + input.getName() + "' has contents beside raw_input_contents (expected: one of the two)");
        }
        DataType type = DataType.of(input.getDatatype(), "datatype");
        Shape shape = new Shape(input.getShapeList());
        return type == DataType.BYTES
                ? new Tensor.Strings(input.getName(), shape, elements(input.getName(), bytes, shape))
                : new Tensor.Numbers(input.getName(), type, shape, bytes.asReadOnlyByteBuffer());
    }

    private static List<byte[]> elements(String name, ByteString bytes, Shape shape) {
        ByteBuffer data = bytes.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        List<byte[]> elements = new ArrayList<>();
        while (data.hasRemaining()) {
            if (elements.size() == shape.elements()) {
                throw new InvalidArgument(
                        "tensor '" + name + "': " + data.remaining() + " bytes behind the last element (expected: "
                                + shape.elements() + " elements for shape " + shape + ")");
            }
            int offset = data.position();
            long length = data.remaining() < Integer.BYTES ? -1 : Integer.toUnsignedLong(data.getInt());
            if (length < 0 || length > data.remaining()) {
                throw new InvalidArgument("tensor '" + name + "': element " + elements.size() + " at byte " + offset
                        + (length < 0
                                ? " has no complete length"
                                : " is " + length + " bytes long, " + data.remaining() + " follow")
                        + " (expected: a 4-byte little-endian length and that many bytes, " + shape.elements()
                        + " times)");
            }
            byte[] element = new byte[(int) length];
            data.get(element);
            elements.add(element);
        }
        return elements;
    }

    private static Tensor typed(InferInputTensor input) {
        DataType type = DataType.of(input.getDatatype(), "datatype");
        Shape shape = new Shape(input.getShapeList());
        InferTensorContents contents = input.getContents();
        if (type == DataType.BYTES) {
            requireOnly(input, contents.getBytesContentsCount(), "bytes_contents");
            return new Tensor.Strings(
                    input.getName(),
                    shape,
                    contents.getBytesContentsList().stream()
                            .map(ByteString::toByteArray)
                            .toList());
        }
        ByteBuffer data = numbers(input, type, contents, shape.elements());
        return new Tensor.Numbers(input.getName(), type, shape, data.flip());
    }

    private static ByteBuffer numbers(
            InferInputTensor input, DataType type, InferTensorContents contents, int elements) {
        int count =
                switch (type) {
                    case BOOL -> requireOnly(input, contents.getBoolContentsCount(), "bool_contents");
                    case INT8, INT16, INT32 -> requireOnly(input, contents.getIntContentsCount(), "int_contents");
                    case INT64 -> requireOnly(input, contents.getInt64ContentsCount(), "int64_contents");
                    case UINT8, UINT16, UINT32 -> requireOnly(input, contents.getUintContentsCount(), "uint_contents");
                    case UINT64 -> requireOnly(input, contents.getUint64ContentsCount(), "uint64_contents");
                    case FP32 -> requireOnly(input, contents.getFp32ContentsCount(), "fp32_contents");
                    case FP64 -> requireOnly(input, contents.getFp64ContentsCount(), "fp64_contents");
                    case FP16, BF16 ->
                        throw new InvalidArgument("tensor '" + input.getName() + "': " + type
                                + " in contents (expected: raw_input_contents, the only form that " + type + " has)");
                    case BYTES -> throw new IllegalStateException("BYTES is no number");
                };
        if (count != elements) {
            throw new InvalidArgument("tensor '" + input.getName() + "': " + count + " elements (expected: " + elements
                    + " for shape " + input.getShapeList() + ")");
        }
        ByteBuffer data = ByteBuffer.allocate(count * type.size()).order(ByteOrder.LITTLE_ENDIAN);
        switch (type) {
            case BOOL -> contents.getBoolContentsList().forEach(value -> data.put((byte) (value ? 1 : 0)));
            case INT8 ->
                contents.getIntContentsList().forEach(value -> data.put((byte) inRange(input, value, -128, 127)));
            case INT16 ->
                contents.getIntContentsList()
                        .forEach(value -> data.putShort((short) inRange(input, value, -32768, 32767)));
            case INT32 -> contents.getIntContentsList().forEach(data::putInt);
            case INT64 -> contents.getInt64ContentsList().forEach(data::putLong);
            case UINT8 ->
                contents.getUintContentsList().forEach(value -> data.put((byte) inRange(input, value, 0, 255)));
            case UINT16 ->
                contents.getUintContentsList().forEach(value -> data.putShort((short) inRange(input, value, 0, 65535)));
            case UINT32 -> contents.getUintContentsList().forEach(data::putInt);
            case UINT64 -> contents.getUint64ContentsList().forEach(data::putLong);
            case FP32 -> contents.getFp32ContentsList().forEach(data::putFloat);
            case FP64 -> contents.getFp64ContentsList().forEach(data::putDouble);
            case FP16, BF16, BYTES -> throw new IllegalStateException(type + " was refused above");
        }
        return data;
    }

    private static int inRange(InferInputTensor input, int value, int low, int high) {
        if (value < low || value > high) {
            throw new InvalidArgument("tensor '" + input.getName() + "': " + value + " (expected: " + low + " to "
                    + high + " for " + input.getDatatype() + ")");
        }
        return value;
    }

    /** The datatype decides which field holds the elements; one in any other field is a client's mistake, not data to ignore. */
    private static int requireOnly(InferInputTensor input, int count, String field) {
        InferTensorContents contents = input.getContents();
        int all = contents.getBoolContentsCount()
                + contents.getIntContentsCount()
                + contents.getInt64ContentsCount()
                + contents.getUintContentsCount()
                + contents.getUint64ContentsCount()
                + contents.getFp32ContentsCount()
                + contents.getFp64ContentsCount()
                + contents.getBytesContentsCount();
        if (all != count) {
            throw new InvalidArgument("tensor '" + input.getName() + "': contents of another type (expected: " + field
                    + " for " + input.getDatatype() + ")");
        }
        return count;
    }
}
