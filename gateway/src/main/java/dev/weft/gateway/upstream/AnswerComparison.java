package dev.weft.gateway.upstream;

import com.google.protobuf.ByteString;
import dev.weft.protocol.inference.InferTensorContents;
import dev.weft.protocol.inference.ModelInferResponse;
import dev.weft.protocol.inference.ModelInferResponse.InferOutputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Whether two models have given the same answer: outputs of the same names, types and shapes, floating-point numbers within
 * {@value #TOLERANCE} (absolute, and relative to the first), all else equal. Names and parameters of the answers do not count.
 */
final class AnswerComparison {

    /** Above the noise of another batch or another kernel, below what turns a label. */
    static final double TOLERANCE = 1e-3;

    private AnswerComparison() {}

    static boolean areSame(ModelInferResponse first, ModelInferResponse second) {
        if (first.getOutputsCount() != second.getOutputsCount()) {
            return false;
        }
        for (int i = 0; i < first.getOutputsCount(); i++) {
            int at = indexOf(first.getOutputs(i).getName(), second);
            if (at < 0 || !areSame(first, i, second, at)) {
                return false;
            }
        }
        return true;
    }

    private static int indexOf(String output, ModelInferResponse response) {
        for (int i = 0; i < response.getOutputsCount(); i++) {
            if (response.getOutputs(i).getName().equals(output)) {
                return i;
            }
        }
        return -1;
    }

    private static boolean areSame(ModelInferResponse first, int i, ModelInferResponse second, int at) {
        InferOutputTensor one = first.getOutputs(i);
        InferOutputTensor other = second.getOutputs(at);
        if (!one.getDatatype().equals(other.getDatatype())
                || !one.getShapeList().equals(other.getShapeList())) {
            return false;
        }
        boolean raw = i < first.getRawOutputContentsCount() && at < second.getRawOutputContentsCount();
        return raw
                ? areSame(one.getDatatype(), first.getRawOutputContents(i), second.getRawOutputContents(at))
                : areSame(one.getContents(), other.getContents());
    }

    private static boolean areSame(String datatype, ByteString one, ByteString other) {
        if (one.size() != other.size()) {
            return false;
        }
        ByteBuffer a = one.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer b = other.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        return switch (datatype) {
            case "FP32" -> {
                boolean same = true;
                while (same && a.remaining() >= Float.BYTES) {
                    same = isNear(a.getFloat(), b.getFloat());
                }
                yield same;
            }
            case "FP64" -> {
                boolean same = true;
                while (same && a.remaining() >= Double.BYTES) {
                    same = isNear(a.getDouble(), b.getDouble());
                }
                yield same;
            }
            case "FP16" -> {
                boolean same = true;
                while (same && a.remaining() >= Short.BYTES) {
                    same = isNear(Float.float16ToFloat(a.getShort()), Float.float16ToFloat(b.getShort()));
                }
                yield same;
            }
            default -> a.equals(b);
        };
    }

    private static boolean areSame(InferTensorContents one, InferTensorContents other) {
        if (one.getFp32ContentsCount() != other.getFp32ContentsCount()
                || one.getFp64ContentsCount() != other.getFp64ContentsCount()) {
            return false;
        }
        for (int i = 0; i < one.getFp32ContentsCount(); i++) {
            if (!isNear(one.getFp32Contents(i), other.getFp32Contents(i))) {
                return false;
            }
        }
        for (int i = 0; i < one.getFp64ContentsCount(); i++) {
            if (!isNear(one.getFp64Contents(i), other.getFp64Contents(i))) {
                return false;
            }
        }
        return without(one).equals(without(other));
    }

    private static InferTensorContents without(InferTensorContents contents) {
        return contents.toBuilder().clearFp32Contents().clearFp64Contents().build();
    }

    private static boolean isNear(double a, double b) {
        return Double.compare(a, b) == 0 || Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a));
    }
}
