package dev.weft.inference.tensor;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The protocol's tensor datatypes; their names are those of the wire. */
public enum DataType {
    BOOL(1),
    UINT8(1),
    UINT16(2),
    UINT32(4),
    UINT64(8),
    INT8(1),
    INT16(2),
    INT32(4),
    INT64(8),
    FP16(2),
    BF16(2),
    FP32(4),
    FP64(8),
    /** Elements of any length; in text models, UTF-8. */
    BYTES(0);

    private static final Map<String, DataType> BY_NAME =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(DataType::name, Function.identity()));

    private final int size;

    DataType(int size) {
        this.size = size;
    }

    /** Bytes per element; 0 for {@link #BYTES}, whose elements vary. */
    public int size() {
        return size;
    }

    /**
     * The datatype of that name on the wire.
     *
     * @throws InvalidArgument when there is none, naming {@code field}
     */
    public static DataType of(String name, String field) {
        @Nullable DataType type = BY_NAME.get(name);
        if (type == null) {
            throw new InvalidArgument(field + ": '" + name + "' (expected: one of " + List.of(values()) + ")");
        }
        return type;
    }
}
