package dev.weft.inference.tensor;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.List;

/**
 * What a model declares of one input or output.
 *
 * @param name unique among the model's inputs, or among its outputs
 * @param type of every element
 * @param dims sizes, outermost first; -1 is a variable dimension
 */
public record TensorSpec(String name, DataType type, List<Long> dims) {

    public TensorSpec {
        dims = List.copyOf(dims);
    }

    /**
     * Checks that a tensor can be this input.
     *
     * @throws InvalidArgument when its datatype, its rank or a fixed dimension differs; names both sides
     */
    public void check(Tensor tensor) {
        if (tensor.type() != type) {
            throw new InvalidArgument("input '" + name + "': datatype " + tensor.type() + " (expected: " + type + ")");
        }
        if (!accepts(tensor.shape().dims())) {
            throw new InvalidArgument("input '" + name + "': shape " + tensor.shape() + " (expected: " + dims
                    + (dims.contains(-1L) ? ", -1 is any size)" : ")"));
        }
    }

    private boolean accepts(List<Long> actual) {
        if (actual.size() != dims.size()) {
            return false;
        }
        for (int i = 0; i < dims.size(); i++) {
            if (dims.get(i) >= 0 && !dims.get(i).equals(actual.get(i))) {
                return false;
            }
        }
        return true;
    }
}
