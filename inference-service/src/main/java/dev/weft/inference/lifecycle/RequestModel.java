package dev.weft.inference.lifecycle;

import dev.weft.inference.backend.RequestBackend;
import dev.weft.inference.batching.RunTimes;
import dev.weft.inference.generation.TextGenerator;
import dev.weft.inference.modelpackage.ModelPackage;
import dev.weft.inference.pipeline.TextPipeline;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.TensorSpec;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.GrpcFailures;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;

/**
 * One version of a model that answers whole requests, each on a thread of its own: a text generator, or a provider's model. Thread-safe. Owns its
 * backend, which is freed when it is retired and the requests in flight are finished. A graph's own tensors cannot be reached.
 */
final class RequestModel implements ServedModel {

    private final ModelPackage source;
    private final RequestBackend backend;
    private final RequestMetrics metrics;
    private final Executor threads;
    private final InFlight inFlight;
    private final long weightBytes;

    /**
     * Takes what it is made of.
     *
     * @param weightBytes of the source's files when they were loaded
     * @param freed is told when the backend has been freed
     * @param threads for callers that do not wait themselves; one for each, and cheap
     */
    RequestModel(
            ModelPackage source,
            long weightBytes,
            RequestBackend backend,
            RequestMetrics metrics,
            Runnable freed,
            Executor threads) {
        this.source = source;
        this.backend = backend;
        this.metrics = metrics;
        this.threads = threads;
        this.weightBytes = weightBytes;
        this.inFlight = new InFlight(source.id(), () -> {
            backend.close();
            freed.run();
        });
    }

    @Override
    public ModelPackage source() {
        return source;
    }

    @Override
    public List<TensorSpec> inputs() {
        return backend.inputs();
    }

    @Override
    public List<TensorSpec> outputs() {
        return backend.outputs();
    }

    @Override
    public List<TensorSpec> graphInputs() {
        return List.of();
    }

    @Override
    public List<TensorSpec> graphOutputs() {
        return List.of();
    }

    @Override
    public long weightBytes() {
        return weightBytes;
    }

    @Override
    public InFlight inFlight() {
        return inFlight;
    }

    /** Nothing to do: each request's thread keeps its deadline. */
    @Override
    public void expire() {
        // nothing waits without a thread
    }

    @Override
    public Optional<CompletableFuture<Answer>> infer(Supplier<InferenceRequest> request, long bytes) {
        if (!inFlight.enter()) {
            return Optional.empty();
        }
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        FutureTask<Boolean> task = new FutureTask<>(() -> answer(request, answer), true);
        CompletableFuture<Answer> _ = answer.whenComplete((_, _) -> {
            if (answer.isCancelled()) {
                task.cancel(true);
            }
        });
        try {
            threads.execute(() -> {
                try {
                    task.run();
                } finally {
                    // Not within the task, which does nothing at all when it is cancelled before its thread runs.
                    inFlight.leave();
                }
            });
        } catch (Throwable e) {
            inFlight.leave();
            throw e;
        }
        return Optional.of(answer);
    }

    private void answer(Supplier<InferenceRequest> supplier, CompletableFuture<Answer> answer) {
        try {
            InferenceRequest request = supplier.get();
            metrics.timed(() -> {
                List<String> wanted = wanted(request.outputs());
                answer.complete(
                        piece(backend.answer(request.inputs(), request.parameters(), request.deadline()), wanted));
            });
        } catch (Throwable e) {
            // Whatever it is, an OutOfMemoryError too: the client must not wait for an answer that never comes.
            answer.completeExceptionally(GrpcFailures.toFailure(e));
        }
    }

    @Override
    public boolean stream(InferenceRequest request, long bytes, Pieces pieces) {
        if (!inFlight.enter()) {
            return false;
        }
        try {
            metrics.timed(() -> {
                List<String> wanted = wanted(request.outputs());
                backend.stream(
                        request.inputs(),
                        request.parameters(),
                        request.deadline(),
                        (outputs, last) -> pieces.accept(piece(outputs, wanted), last));
            });
            return true;
        } finally {
            inFlight.leave();
        }
    }

    private List<String> wanted(List<String> requested) {
        List<String> known = outputs().stream().map(TensorSpec::name).toList();
        for (String name : requested) {
            if (!known.contains(name)) {
                throw new InvalidArgument("output '" + name + "': unknown (expected: some of " + known + ")");
            }
        }
        return requested.isEmpty() ? known : requested;
    }

    /** Those of the outputs that are wanted, in that order; a piece has not all of them. */
    private Answer piece(List<Tensor> outputs, List<String> wanted) {
        List<Tensor> picked = wanted.stream()
                .flatMap(name -> outputs.stream().filter(output -> output.name().equals(name)))
                .toList();
        return new Answer(source.id(), picked, effort(outputs), generated(outputs));
    }

    /** What embeddings took, the tokens of all texts: a provider tells no more. */
    private static Optional<Answer.Effort> effort(List<Tensor> outputs) {
        for (Tensor output : outputs) {
            if (output instanceof Tensor.Numbers counts && counts.name().equals(TextPipeline.TOKEN_COUNT)) {
                ByteBuffer data = counts.view();
                long tokens = 0;
                while (data.hasRemaining()) {
                    tokens += data.getLong();
                }
                return Optional.of(new Answer.Effort(tokens, Duration.ZERO, RunTimes.NONE));
            }
        }
        return Optional.empty();
    }

    /** What the end of a text tells of it, wanted or not. */
    private static Optional<Answer.Generated> generated(List<Tensor> outputs) {
        long prompt = -1;
        long completion = -1;
        for (Tensor output : outputs) {
            if (output instanceof Tensor.Numbers numbers) {
                switch (numbers.name()) {
                    case TextGenerator.PROMPT_TOKENS -> prompt = numbers.view().getLong();
                    case TextGenerator.COMPLETION_TOKENS ->
                        completion = numbers.view().getLong();
                    default -> {
                        // tells something else
                    }
                }
            }
        }
        return completion < 0 ? Optional.empty() : Optional.of(new Answer.Generated(prompt, completion));
    }
}
