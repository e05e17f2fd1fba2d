package dev.weft.inference.backend;

import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.TensorSpec;
import java.util.List;

/** One loaded graph. Thread-safe: several runs may compute at a time. Closing frees what it holds outside of the heap. */
public interface InferenceBackend extends AutoCloseable {

    /** What the graph takes, in its order. */
    List<TensorSpec> inputs();

    /** What the graph gives, in its order. */
    List<TensorSpec> outputs();

    /** True when a row's result is the same, whichever other rows are computed with it. */
    boolean rowsAreIndependent();

    /**
     * Computes; blocks for as long as that takes.
     *
     * @param inputs all of the graph's inputs, in any order
     * @param outputs names of outputs to compute, not empty
     * @return one tensor per name, in the order of the names; owned by the caller
     * @throws dev.weft.kit.error.Failure.InvalidArgument when the graph refuses the inputs
     */
    List<Tensor> run(List<Tensor> inputs, List<String> outputs);

    /**
     * Computes into memory of the caller; blocks for as long as that takes.
     *
     * @param inputs all of the graph's inputs, in any order, in direct buffers
     * @param outputs where the results go: names of outputs, and direct buffers of the shapes that the graph gives for these inputs
     * @throws dev.weft.kit.error.Failure.InvalidArgument when the graph refuses the inputs, or the outputs have another shape
     */
    void runInto(List<Tensor> inputs, List<Tensor.Numbers> outputs);

    /** Frees the graph. Not to be called while a run computes. */
    @Override
    void close();
}
