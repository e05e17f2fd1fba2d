package dev.weft.inference.lifecycle;

import dev.weft.inference.modelpackage.ModelPackage;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.TensorSpec;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** One version of a model, ready to be asked, whatever its task. Thread-safe. */
public interface ServedModel {

    /** What this was loaded from. */
    ModelPackage source();

    /** What a client sends by default. */
    List<TensorSpec> inputs();

    /** What a client gets for {@link #inputs()}. */
    List<TensorSpec> outputs();

    /** The graph's own inputs, where clients can reach them. */
    List<TensorSpec> graphInputs();

    /** The graph's own outputs, where clients can reach them. */
    List<TensorSpec> graphOutputs();

    /**
     * Computes; blocks until there is an answer, the deadline passes or the thread is interrupted.
     *
     * @return the wanted outputs, in the wanted order; empty when this model has been retired, so that the caller asks the one
     *     that took its place
     * @throws dev.weft.kit.error.Failure when there is none; its class says what the caller can do
     */
    Optional<List<Tensor>> infer(InferenceRequest request);

    /**
     * Computes as {@link #infer} does, and gives the answer in pieces where the task has some: one otherwise.
     *
     * @param pieces takes each as soon as there is one
     * @return false when this model has been retired; there was no piece then
     * @throws dev.weft.kit.error.Failure when there is no answer, or no more of it
     */
    default boolean stream(InferenceRequest request, Pieces pieces) {
        Optional<List<Tensor>> outputs = infer(request);
        outputs.ifPresent(whole -> pieces.accept(whole, true));
        return outputs.isPresent();
    }

    /** Takes an answer's pieces. */
    @FunctionalInterface
    interface Pieces {
        /** Takes the outputs of one; nothing follows the last. */
        void accept(List<Tensor> outputs, boolean last);
    }

    /**
     * Takes no new request, and frees everything when those in flight have ended. Returns when that is done, at the latest after
     * {@code patience}; what is in flight then still ends as it would have.
     */
    void retire(Duration patience);
}
