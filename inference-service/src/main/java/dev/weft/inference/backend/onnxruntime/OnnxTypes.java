package dev.weft.inference.backend.onnxruntime;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.TensorInfo;
import dev.weft.inference.tensor.DataType;
import dev.weft.inference.tensor.TensorSpec;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.Unimplemented;
import java.util.Arrays;

/** The correspondence of ONNX Runtime's element types and the protocol's. */
final class OnnxTypes {

    private OnnxTypes() {}

    /**
     * What a graph's node declares.
     *
     * @throws FailedPrecondition for sequences, maps and element types that the protocol has no name for
     */
    static TensorSpec spec(NodeInfo node) {
        if (!(node.getInfo() instanceof TensorInfo info)) {
            throw new FailedPrecondition("graph: '" + node.getName() + "' is no tensor (expected: tensors only)");
        }
        return new TensorSpec(
                node.getName(),
                dataType(info, node.getName()),
                Arrays.stream(info.getShape()).boxed().toList());
    }

    static DataType dataType(TensorInfo info, String name) {
        return switch (info.onnxType) {
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL -> DataType.BOOL;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 -> DataType.UINT8;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16 -> DataType.UINT16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32 -> DataType.UINT32;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64 -> DataType.UINT64;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8 -> DataType.INT8;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16 -> DataType.INT16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32 -> DataType.INT32;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 -> DataType.INT64;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16 -> DataType.FP16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16 -> DataType.BF16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT -> DataType.FP32;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE -> DataType.FP64;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING -> DataType.BYTES;
            default ->
                throw new FailedPrecondition("graph: '" + name + "' has elements of " + info.onnxType
                        + " (expected: a type of the protocol)");
        };
    }

    /**
     * The type under which ONNX Runtime's Java API takes a tensor.
     *
     * @throws Unimplemented for the unsigned types over 8 bits, which that API (1.29) can return but not take
     */
    static OnnxJavaType javaType(DataType type, String name) {
        return switch (type) {
            case BOOL -> OnnxJavaType.BOOL;
            case UINT8 -> OnnxJavaType.UINT8;
            case INT8 -> OnnxJavaType.INT8;
            case INT16 -> OnnxJavaType.INT16;
            case INT32 -> OnnxJavaType.INT32;
            case INT64 -> OnnxJavaType.INT64;
            case FP16 -> OnnxJavaType.FLOAT16;
            case BF16 -> OnnxJavaType.BFLOAT16;
            case FP32 -> OnnxJavaType.FLOAT;
            case FP64 -> OnnxJavaType.DOUBLE;
            case BYTES -> OnnxJavaType.STRING;
            case UINT16, UINT32, UINT64 ->
                throw new Unimplemented("input '" + name + "': ONNX Runtime's Java API takes no " + type
                        + " (expected: a graph whose input is" + " signed or UINT8)");
        };
    }
}
