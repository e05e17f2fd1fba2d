package dev.weft.inference.lifecycle;

import dev.weft.inference.modelpackage.ModelPackage;
import dev.weft.inference.tensor.TensorSpec;
import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.GrpcFailures;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** One version of a model, ready to be asked, whatever its task. Thread-safe. */
public sealed interface ServedModel permits LoadedModel, RequestModel {

    /** What this was loaded from. */
    ModelPackage source();

    /** What a client sends by default: texts where there is a pipeline, the graph's inputs otherwise. */
    List<TensorSpec> inputs();

    /** What a client gets for {@link #inputs()}. */
    List<TensorSpec> outputs();

    /** The graph's own inputs, where clients can reach them. */
    List<TensorSpec> graphInputs();

    /** The graph's own outputs, where clients can reach them. */
    List<TensorSpec> graphOutputs();

    /** Bytes of the weights, as their files had them when they were loaded. */
    long weightBytes();

    /** The requests that it is computing, by which it is also retired. */
    InFlight inFlight();

    /** Fails what has waited until after its deadline. */
    void expire();

    /**
     * Computes; returns at once.
     *
     * @param request reads what the client sent; called on the thread that prepares the request
     * @param bytes size of the request on the wire
     * @return completes with the answer, on a thread of the model's, or exceptionally with a {@link dev.weft.kit.error.Failure};
     *     cancelling it drops what is not computed yet. Empty when this model has been retired, so that the caller asks the one that
     *     took its place
     */
    Optional<CompletableFuture<Answer>> infer(Supplier<InferenceRequest> request, long bytes);

    /**
     * Computes as {@link #infer} does, and gives the answer in pieces where the task has some: one otherwise. Blocks until there is the
     * whole answer, the deadline passes or the thread is interrupted.
     *
     * @param pieces takes each as soon as there is one
     * @return false when this model has been retired; there was no piece then
     * @throws dev.weft.kit.error.Failure when there is no answer, or no more of it
     */
    default boolean stream(InferenceRequest request, long bytes, Pieces pieces) {
        Optional<CompletableFuture<Answer>> answer = infer(() -> request, bytes);
        if (answer.isEmpty()) {
            return false;
        }
        try {
            pieces.accept(answer.get().get(request.deadline().remaining().toNanos(), TimeUnit.NANOSECONDS), true);
            return true;
        } catch (TimeoutException _) {
            throw new DeadlineExceeded("deadline passed while model '" + source().id() + "' had the request");
        } catch (InterruptedException _) {
            throw new Cancelled("the client went away");
        } catch (ExecutionException e) {
            throw GrpcFailures.toFailure(e.getCause() == null ? e : e.getCause());
        } finally {
            answer.get().cancel(false);
        }
    }

    /** Takes an answer's pieces. */
    @FunctionalInterface
    interface Pieces {
        /** Takes one; nothing follows the last. */
        void accept(Answer piece, boolean last);
    }
}
