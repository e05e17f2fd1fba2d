package dev.weft.training.runtime.textclassifier.onnx;

import com.google.protobuf.CodedOutputStream;

/** How many bytes parts of a message take. */
final class CodedSizes {

    private CodedSizes() {}

    /** A field's tag, written as short as can be, which every writer of ONNX does. */
    static long tag(int number) {
        return CodedOutputStream.computeTagSize(number);
    }
}
