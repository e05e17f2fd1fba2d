package dev.weft.embedding.vectorstore;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Vectors as bytes: IEEE 754 single precision, little-endian. */
public final class FloatBytes {

    private FloatBytes() {}

    /** The vector's bytes. */
    public static byte[] write(float[] vector) {
        ByteBuffer buffer = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asFloatBuffer().put(vector);
        return buffer.array();
    }

    /** The vector of those bytes. */
    public static float[] read(byte[] bytes) {
        float[] vector = new float[bytes.length / Float.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(vector);
        return vector;
    }
}
