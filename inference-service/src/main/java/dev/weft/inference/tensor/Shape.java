package dev.weft.inference.tensor;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.List;

/**
 * The size of each dimension of a tensor, outermost first; empty for a scalar.
 *
 * @param dims every one ≥ 0, their product at most {@link Integer#MAX_VALUE}
 */
public record Shape(List<Long> dims) {

    public Shape {
        dims = List.copyOf(dims);
        long elements = 1;
        for (long dim : dims) {
            if (dim < 0) {
                throw new InvalidArgument("shape: " + dims + " (expected: every dimension >= 0)");
            }
            if (dim > Integer.MAX_VALUE || (elements *= dim) > Integer.MAX_VALUE) {
                throw new InvalidArgument("shape: " + dims + " (expected: at most " + Integer.MAX_VALUE + " elements)");
            }
        }
    }

    /** The shape of those dimensions. */
    public static Shape of(long... dims) {
        return new Shape(java.util.Arrays.stream(dims).boxed().toList());
    }

    /** How many elements a tensor of this shape has. */
    public int elements() {
        long elements = 1;
        for (long dim : dims) {
            elements *= dim;
        }
        return (int) elements;
    }

    /** The dimensions as an array of their own. */
    public long[] toArray() {
        return dims.stream().mapToLong(Long::longValue).toArray();
    }

    @Override
    public String toString() {
        return dims.toString();
    }
}
