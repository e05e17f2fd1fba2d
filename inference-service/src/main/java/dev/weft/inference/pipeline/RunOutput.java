package dev.weft.inference.pipeline;

import dev.weft.inference.tensor.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What one run of the graph wrote, read as floats. Not thread-safe: a session's, valid until its next run. */
final class RunOutput {

    private final ByteBuffer data;
    private final DataType type;

    /**
     * @param data little-endian, from position 0
     * @param type {@link DataType#FP32} or {@link DataType#FP16}
     */
    RunOutput(ByteBuffer data, DataType type) {
        this.data = data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        this.type = type;
    }

    /** Elements from {@code offset}, counted in elements, as an array of their own. */
    float[] floats(int offset, int length) {
        float[] values = new float[length];
        if (type == DataType.FP32) {
            data.position(offset * Float.BYTES);
            data.asFloatBuffer().get(values);
        } else {
            for (int i = 0; i < length; i++) {
                values[i] = Float.float16ToFloat(data.getShort((offset + i) * Short.BYTES));
            }
        }
        return values;
    }
}
