package dev.weft.inference.backend;

import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.TensorSpec;
import dev.weft.kit.time.Deadline;
import java.util.List;
import java.util.Map;

/** What answers whole requests, each on its caller's thread: a text generator, or a model that a provider runs. Thread-safe. */
public interface RequestBackend extends AutoCloseable {

    /** What the model's metadata declares as its inputs. */
    List<TensorSpec> inputs();

    /** What the model's metadata declares as its outputs. */
    List<TensorSpec> outputs();

    /**
     * Answers; blocks until there is the whole answer, or the thread is interrupted.
     *
     * @param parameters each a Boolean, Long, Double or String
     * @return all outputs, in the order of {@link #outputs}
     * @throws dev.weft.kit.error.Failure when there is none
     */
    List<Tensor> answer(List<Tensor> inputs, Map<String, Object> parameters, Deadline deadline);

    /**
     * Answers in pieces; blocks as {@link #answer} does. What has no pieces gives one.
     *
     * @param pieces takes each as soon as there is one
     * @throws dev.weft.kit.error.Failure when there is no answer, or no more of it
     */
    default void stream(List<Tensor> inputs, Map<String, Object> parameters, Deadline deadline, Pieces pieces) {
        pieces.accept(answer(inputs, parameters, deadline), true);
    }

    /** Frees what it holds, if anything. To be called once, when no request is in flight. */
    @Override
    default void close() {
        // many hold nothing
    }

    /** Takes an answer's pieces. */
    @FunctionalInterface
    interface Pieces {
        /** Takes some of the outputs; nothing follows the last. */
        void accept(List<Tensor> outputs, boolean last);
    }
}
