package dev.weft.inference.lifecycle;

import dev.weft.inference.backend.DecoderBackend;
import dev.weft.inference.generation.TextGenerator;
import dev.weft.inference.modelpackage.ModelPackage;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.TensorSpec;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.GrpcFailures;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;

/**
 * One version of a text generation model. Thread-safe. Owns its graph and generator, which are freed when it is retired and the
 * requests in flight are finished. The graph's own tensors cannot be reached.
 */
final class LoadedGenerator implements ServedModel {

    /** How long a step may go on computing that nobody waits for any more. */
    private static final Duration ABANDONED_STEP = Duration.ofMinutes(10);

    private final ModelPackage source;
    private final DecoderBackend backend;
    private final TextGenerator generator;
    private final GenerationMetrics metrics;
    private final Executor threads;
    private final InFlight inFlight;
    private final long weightBytes;

    /**
     * Takes what it is made of.
     *
     * @param weightBytes of the source's files when they were loaded
     * @param threads for callers that do not wait themselves; one for each, and cheap
     */
    LoadedGenerator(
            ModelPackage source,
            long weightBytes,
            DecoderBackend backend,
            TextGenerator generator,
            GenerationMetrics metrics,
            Executor threads) {
        this.source = source;
        this.backend = backend;
        this.generator = generator;
        this.metrics = metrics;
        this.threads = threads;
        this.weightBytes = weightBytes;
        this.inFlight = new InFlight(source.id(), this::free);
    }

    @Override
    public ModelPackage source() {
        return source;
    }

    @Override
    public List<TensorSpec> inputs() {
        return generator.inputs();
    }

    @Override
    public List<TensorSpec> outputs() {
        return generator.outputs();
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

    /** Nothing to do: a sequence whose deadline has passed is dropped before the next step. */
    @Override
    public void expire() {
        // the engine looks at every deadline between any two steps
    }

    @Override
    public Optional<CompletableFuture<Answer>> infer(Supplier<InferenceRequest> request, long bytes) {
        if (!inFlight.enter()) {
            return Optional.empty();
        }
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        FutureTask<Boolean> task = new FutureTask<>(() -> generate(request, answer), true);
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

    private void generate(Supplier<InferenceRequest> supplier, CompletableFuture<Answer> answer) {
        try {
            InferenceRequest request = supplier.get();
            metrics.timed(() -> {
                List<String> wanted = wanted(request.outputs());
                answer.complete(
                        piece(generator.generate(request.inputs(), request.parameters(), request.deadline()), wanted));
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
                generator.stream(
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
        return new Answer(source.id(), picked, Optional.empty(), generated(outputs));
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

    /** Runs once nobody is in flight; only a step whose callers have given up may still compute. */
    private void free() {
        if (!generator.close(ABANDONED_STEP)) {
            // A graph that is freed under a step takes the process with it: memory that stays is the lesser evil.
            throw new IllegalStateException("a step does not end");
        }
        backend.close();
        metrics.close();
    }
}
