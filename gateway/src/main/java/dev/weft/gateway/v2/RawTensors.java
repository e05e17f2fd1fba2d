package dev.weft.gateway.v2;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.List;
import java.util.Map;

/** Sizes and encodings of the protocol's raw tensors. */
final class RawTensors {

    private static final Map<String, Integer> SIZES = Map.ofEntries(
            Map.entry("BOOL", 1),
            Map.entry("UINT8", 1),
            Map.entry("UINT16", 2),
            Map.entry("UINT32", 4),
            Map.entry("UINT64", 8),
            Map.entry("INT8", 1),
            Map.entry("INT16", 2),
            Map.entry("INT32", 4),
            Map.entry("INT64", 8),
            Map.entry("FP16", 2),
            Map.entry("BF16", 2),
            Map.entry("FP32", 4),
            Map.entry("FP64", 8),
            Map.entry("BYTES", 0));

    private RawTensors() {}

    /** Bytes per element; 0 for BYTES. */
    static int size(String datatype, String field) {
        Integer size = SIZES.get(datatype);
        if (size == null) {
            throw new InvalidArgument(field + ": '" + datatype + "' (expected: one of "
                    + SIZES.keySet().stream().sorted().toList() + ")");
        }
        return size;
    }

    /** How many elements a tensor of that shape has. */
    static int elements(List<Long> shape, String field) {
        long elements = 1;
        for (long dim : shape) {
            if (dim < 0 || dim > Integer.MAX_VALUE || (elements *= dim) > Integer.MAX_VALUE) {
                throw new InvalidArgument(field + ": " + shape + " (expected: dimensions >= 0, at most "
                        + Integer.MAX_VALUE + " elements in all)");
            }
        }
        return (int) elements;
    }

    /** The upper half of a float, rounded to nearest, ties to even. */
    static short toBf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
    }

    /** The float whose upper half this is. */
    static float fromBf16(short value) {
        return Float.intBitsToFloat(value << 16);
    }
}
