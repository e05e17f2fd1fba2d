package dev.weft.inference.lifecycle;

import dev.weft.inference.backend.InferenceBackend;
import dev.weft.inference.batching.Batcher;
import dev.weft.inference.batching.Row;
import dev.weft.inference.modelpackage.ModelPackage;
import dev.weft.inference.pipeline.TextPipeline;
import dev.weft.inference.tensor.TensorSpec;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.error.GrpcFailures;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * One version of a model, ready to be asked. Thread-safe. Owns its graph, tokenizer and sessions, which are freed when it is
 * retired and the requests in flight are finished.
 */
public final class LoadedModel implements ServedModel {

    /** Requests up to this size are prepared by the session that computes them, when one idles; larger ones would keep it from computing. */
    private static final long SMALL_BYTES = 8 << 10;

    private static final Duration RETRY_AFTER = Duration.ofMillis(100);

    /** How long a run may go on computing that nobody waits for any more. */
    private static final Duration ABANDONED_RUN = Duration.ofMinutes(10);

    private final ModelPackage source;
    private final InferenceBackend backend;
    private final Optional<TextPipeline> pipeline;
    private final Batcher<Row> batcher;
    private final RequestPreparation preparation;
    private final ModelMetrics metrics;
    private final IntSupplier waiting;
    private final Executor threads;
    private final long queueBytes;
    private final long weightBytes;
    private final AtomicLong heldBytes = new AtomicLong();

    private final InFlight inFlight;

    LoadedModel(Parts parts, long weightBytes, Executor threads, long queueBytes) {
        this.source = parts.source();
        this.backend = parts.backend();
        this.pipeline = parts.pipeline();
        this.batcher = parts.batcher();
        this.metrics = parts.metrics();
        this.waiting = batcher::waiting;
        metrics.observe(waiting);
        this.preparation = new RequestPreparation(parts);
        this.threads = threads;
        this.queueBytes = queueBytes;
        this.weightBytes = weightBytes;
        this.inFlight = new InFlight(source.id(), this::free);
    }

    /** What a loaded model consists of. */
    record Parts(
            ModelPackage source,
            InferenceBackend backend,
            Optional<TextPipeline> pipeline,
            Optional<RowCache> cache,
            Batcher<Row> batcher,
            ModelMetrics metrics) {}

    @Override
    public ModelPackage source() {
        return source;
    }

    @Override
    public List<TensorSpec> inputs() {
        return pipeline.map(TextPipeline::inputs).orElseGet(backend::inputs);
    }

    @Override
    public List<TensorSpec> outputs() {
        return pipeline.map(TextPipeline::outputs).orElseGet(backend::outputs);
    }

    @Override
    public List<TensorSpec> graphInputs() {
        return backend.inputs();
    }

    @Override
    public List<TensorSpec> graphOutputs() {
        return backend.outputs();
    }

    @Override
    public long weightBytes() {
        return weightBytes;
    }

    @Override
    public InFlight inFlight() {
        return inFlight;
    }

    @Override
    public void expire() {
        batcher.expire();
    }

    @Override
    public Optional<CompletableFuture<Answer>> infer(Supplier<InferenceRequest> request, long bytes) {
        if (!inFlight.enter()) {
            return Optional.empty();
        }
        long start = System.nanoTime();
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        long held = heldBytes.addAndGet(bytes);
        CompletableFuture<Answer> _ = answer.whenComplete((_, failure) -> {
            heldBytes.addAndGet(-bytes);
            metrics.answered(start, failure);
            inFlight.leave();
        });
        if (held > queueBytes && held > bytes) {
            answer.completeExceptionally(new ResourceExhausted(
                    "queue of model '" + source.id() + "': " + held + " bytes (expected: at most " + queueBytes + ")",
                    RETRY_AFTER));
            return Optional.of(answer);
        }
        boolean idle = bytes <= SMALL_BYTES && batcher.runOnIdleSession(() -> prepare(request, answer, this::execute));
        if (!idle) {
            try {
                execute(() -> prepare(request, answer, Runnable::run));
            } catch (RejectedExecutionException _) {
                answer.completeExceptionally(new Unavailable("this replica is shutting down"));
            } catch (Throwable e) {
                answer.completeExceptionally(GrpcFailures.toFailure(e));
            }
        }
        return Optional.of(answer);
    }

    /**
     * Runs a preparation on a thread of its own. The model stays until that has ended, be its answer given up before: the tokenizer is
     * native memory, and freed under a thread that tokenises it takes the process with it.
     */
    private void execute(Runnable preparation) {
        if (!inFlight.stay()) {
            return; // the answer has been given up, and the model is gone
        }
        try {
            threads.execute(() -> {
                try {
                    preparation.run();
                } finally {
                    inFlight.leave();
                }
            });
        } catch (Throwable e) {
            inFlight.leave();
            throw e;
        }
    }

    private void prepare(Supplier<InferenceRequest> request, CompletableFuture<Answer> answer, Executor slow) {
        if (answer.isDone()) {
            return;
        }
        try {
            preparation.prepare(request.get(), answer, slow);
        } catch (Throwable e) {
            answer.completeExceptionally(GrpcFailures.toFailure(e));
        }
    }

    /** Runs once nobody is in flight; only sessions may still work, for callers who have given up. */
    private void free() {
        if (!batcher.close(ABANDONED_RUN)) {
            // A graph that is freed under a run takes the process with it: memory that stays is the lesser evil.
            throw new IllegalStateException("a run does not end");
        }
        pipeline.ifPresent(TextPipeline::close);
        backend.close();
        metrics.forget(waiting);
    }
}
