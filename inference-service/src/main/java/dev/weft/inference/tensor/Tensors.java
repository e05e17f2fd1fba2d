package dev.weft.inference.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Joins tensors along their outermost dimension, and takes them apart again. */
public final class Tensors {

    private Tensors() {}

    /**
     * One tensor of all rows, in order.
     *
     * @param parts not empty, alike in all but their outermost dimension
     */
    public static Tensor join(List<Tensor> parts) {
        Tensor first = parts.getFirst();
        long rows =
                parts.stream().mapToLong(part -> part.shape().dims().getFirst()).sum();
        Shape shape = withRows(first.shape(), rows);
        return switch (first) {
            case Tensor.Numbers numbers -> {
                ByteBuffer data = ByteBuffer.allocateDirect(
                                shape.elements() * numbers.type().size())
                        .order(ByteOrder.LITTLE_ENDIAN);
                for (Tensor part : parts) {
                    data.put(((Tensor.Numbers) part).view());
                }
                yield new Tensor.Numbers(first.name(), first.type(), shape, data.flip());
            }
            case Tensor.Strings _ ->
                new Tensor.Strings(
                        first.name(),
                        shape,
                        parts.stream()
                                .flatMap(part -> ((Tensor.Strings) part).elements().stream())
                                .toList());
        };
    }

    /**
     * Tensors of so many rows each, in order. Numbers share the memory of {@code whole}.
     *
     * @throws IllegalArgumentException when the lengths do not add up to the outermost dimension
     */
    public static List<Tensor> split(Tensor whole, int... lengths) {
        List<Long> dims = whole.shape().dims();
        int rows = IntStream.of(lengths).sum();
        if (dims.isEmpty() || dims.getFirst() != rows) {
            throw new IllegalArgumentException("shape " + whole.shape() + " for " + rows + " rows");
        }
        int perRow = rows == 0 ? 0 : whole.shape().elements() / rows;
        List<Tensor> parts = new ArrayList<>(lengths.length);
        int start = 0;
        for (int length : lengths) {
            Shape shape = withRows(whole.shape(), length);
            int from = start * perRow;
            int count = length * perRow;
            parts.add(
                    switch (whole) {
                        case Tensor.Numbers numbers ->
                            new Tensor.Numbers(
                                    whole.name(),
                                    whole.type(),
                                    shape,
                                    numbers.view()
                                            .slice(
                                                    from * whole.type().size(),
                                                    count * whole.type().size()));
                        case Tensor.Strings strings ->
                            new Tensor.Strings(
                                    whole.name(), shape, strings.elements().subList(from, from + count));
                    });
            start += length;
        }
        return parts;
    }

    private static Shape withRows(Shape shape, long rows) {
        return Shape.of(LongStream.concat(
                        LongStream.of(rows), shape.dims().stream().skip(1).mapToLong(Long::longValue))
                .toArray());
    }
}
