package dev.weft.inference.tensor;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Named, shaped data: numbers of one fixed size, or byte strings. Its data is owned by whoever made it and is not changed. */
public sealed interface Tensor {

    /** The input's or output's name. */
    String name();

    /** Of every element. */
    DataType type();

    /** Sizes, outermost first. */
    Shape shape();

    /**
     * Elements of a fixed size.
     *
     * @param data little-endian, row-major, no padding: exactly {@code shape.elements() * type.size()} bytes from position to limit
     */
    record Numbers(String name, DataType type, Shape shape, ByteBuffer data) implements Tensor {
        public Numbers {
            if (type == DataType.BYTES) {
                throw new IllegalArgumentException("BYTES is no number");
            }
            long expected = (long) shape.elements() * type.size();
            if (data.remaining() != expected) {
                throw new InvalidArgument("tensor '" + name + "': " + data.remaining() + " bytes (expected: " + expected
                        + " for shape " + shape + " of " + type + ")");
            }
            data = data.slice().order(ByteOrder.LITTLE_ENDIAN);
        }

        /** A view of the data with a position of its own, little-endian. */
        public ByteBuffer view() {
            return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        }
    }

    /**
     * Byte strings.
     *
     * @param elements row-major, exactly {@code shape.elements()} of them
     */
    record Strings(String name, Shape shape, List<byte[]> elements) implements Tensor {
        public Strings {
            elements = List.copyOf(elements);
            if (elements.size() != shape.elements()) {
                throw new InvalidArgument("tensor '" + name + "': " + elements.size() + " elements (expected: "
                        + shape.elements() + " for shape " + shape + ")");
            }
        }

        @Override
        public DataType type() {
            return DataType.BYTES;
        }
    }
}
