package dev.weft.inference.lifecycle;

import dev.weft.inference.batching.Row;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request for the graph itself: its tensors and, once a session has computed them, its outputs. Never split. */
final class TensorRow implements Row {

    private final List<Tensor> inputs;
    private final List<String> outputs;
    private @Nullable List<Tensor> result;

    TensorRow(List<Tensor> inputs, List<String> outputs) {
        this.inputs = inputs;
        this.outputs = outputs;
    }

    List<Tensor> inputs() {
        return inputs;
    }

    List<String> outputs() {
        return outputs;
    }

    /** The outermost dimension, which by convention is the batch. */
    @Override
    public int length() {
        return inputs.stream()
                .map(input -> input.shape().dims())
                .filter(dims -> !dims.isEmpty())
                .mapToInt(dims -> Math.toIntExact(dims.getFirst()))
                .findFirst()
                .orElse(1);
    }

    /** True when both can be one run: same outputs, and inputs that differ in their outermost dimension at most. */
    boolean joins(TensorRow other) {
        if (!outputs.equals(other.outputs) || inputs.size() != other.inputs.size()) {
            return false;
        }
        for (int i = 0; i < inputs.size(); i++) {
            Tensor mine = inputs.get(i);
            Tensor theirs = other.inputs.get(i);
            boolean alike = mine.name().equals(theirs.name())
                    && mine.type() == theirs.type()
                    && !mine.shape().dims().isEmpty()
                    && mine.shape().dims().getFirst() == length()
                    && theirs.shape().dims().getFirst() == other.length()
                    && rowShape(mine.shape()).equals(rowShape(theirs.shape()));
            if (!alike) {
                return false;
            }
        }
        return true;
    }

    private static List<Long> rowShape(Shape shape) {
        return shape.dims().subList(1, shape.dims().size());
    }

    void complete(List<Tensor> tensors) {
        this.result = tensors;
    }

    List<Tensor> result() {
        if (result == null) {
            throw new IllegalStateException("tensors are not computed");
        }
        return result;
    }
}
