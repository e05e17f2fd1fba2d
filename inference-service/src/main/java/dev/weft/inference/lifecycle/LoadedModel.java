package dev.weft.inference.lifecycle;

import dev.weft.inference.backend.InferenceBackend;
import dev.weft.inference.batching.Batcher;
import dev.weft.inference.batching.Row;
import dev.weft.inference.modelpackage.ModelPackage;
import dev.weft.inference.pipeline.TextPipeline;
import dev.weft.inference.tensor.TensorSpec;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.error.GrpcFailures;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One version of a model, ready to be asked. Thread-safe. Owns its graph, tokenizer and sessions; {@link #retire} frees them after the
 * requests in flight are finished.
 */
public final class LoadedModel {

    private static final Logger LOG = Logger.getLogger(LoadedModel.class);

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
    private volatile long lastUsed = System.nanoTime();

    private final CompletableFuture<Boolean> freed = new CompletableFuture<>();

    /** One party for the model itself and one for each request in flight: it advances, once, when retired and drained. */
    private final Phaser inFlight = new Phaser(1) {
        @Override
        protected boolean onAdvance(int phase, int parties) {
            Thread.ofVirtual().name("free-model").start(LoadedModel.this::free);
            return true;
        }
    };

    LoadedModel(Parts parts, Executor threads, long queueBytes) {
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
        this.weightBytes = source.weightBytes();
    }

    /** What a loaded model consists of. */
    record Parts(
            ModelPackage source,
            InferenceBackend backend,
            Optional<TextPipeline> pipeline,
            Optional<RowCache> cache,
            Batcher<Row> batcher,
            ModelMetrics metrics) {}

    /** What this was loaded from. */
    public ModelPackage source() {
        return source;
    }

    /** What a client sends by default: texts where there is a pipeline, the graph's inputs otherwise. */
    public List<TensorSpec> inputs() {
        return pipeline.map(TextPipeline::inputs).orElseGet(backend::inputs);
    }

    /** What a client gets for {@link #inputs()}. */
    public List<TensorSpec> outputs() {
        return pipeline.map(TextPipeline::outputs).orElseGet(backend::outputs);
    }

    /** The graph's own inputs, which a text model takes as well. */
    public List<TensorSpec> graphInputs() {
        return backend.inputs();
    }

    /** The graph's own outputs. */
    public List<TensorSpec> graphOutputs() {
        return backend.outputs();
    }

    /** Bytes of the weights, as their files had them when they were loaded. */
    long weightBytes() {
        return weightBytes;
    }

    /** When somebody last asked, in the terms of {@link System#nanoTime()}. */
    long lastUsed() {
        return lastUsed;
    }

    /** True when no request is in flight. */
    boolean isIdle() {
        return inFlight.getRegisteredParties() <= 1;
    }

    /** Fails what has waited until after its deadline. */
    void expire() {
        batcher.expire();
    }

    /**
     * Computes; returns at once.
     *
     * @param request reads what the client sent; called on the thread that prepares the request
     * @param bytes size of the request on the wire
     * @return completes with the answer, on a session's thread, or exceptionally with a {@link dev.weft.kit.error.Failure}; cancelling it
     *     drops what is not computed yet. Empty when this model has been retired, so that the caller asks the one that took its place
     */
    Optional<CompletableFuture<Answer>> infer(Supplier<InferenceRequest> request, long bytes) {
        if (inFlight.register() < 0) {
            return Optional.empty();
        }
        long start = System.nanoTime();
        lastUsed = start;
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        long held = heldBytes.addAndGet(bytes);
        CompletableFuture<Answer> _ = answer.whenComplete((_, failure) -> {
            heldBytes.addAndGet(-bytes);
            metrics.answered(start, failure);
            inFlight.arriveAndDeregister();
        });
        if (held > queueBytes && held > bytes) {
            answer.completeExceptionally(new ResourceExhausted(
                    "queue of model '" + source.id() + "': " + held + " bytes (expected: at most " + queueBytes + ")",
                    RETRY_AFTER));
            return Optional.of(answer);
        }
        boolean idle = bytes <= SMALL_BYTES && batcher.runOnIdleSession(() -> prepare(request, answer, threads));
        if (!idle) {
            threads.execute(() -> prepare(request, answer, Runnable::run));
        }
        return Optional.of(answer);
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

    /**
     * Takes no new request, and frees everything when those in flight have ended. Returns when that is done, at the latest after
     * {@code patience}; what is in flight then still ends as it would have.
     *
     * @return true when everything is freed
     */
    boolean retire(Duration patience) {
        inFlight.arriveAndDeregister();
        try {
            return freed.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            LOG.warnf(
                    "model %s still has requests in flight after %d s; it is freed when they end",
                    source.id(), patience.toSeconds());
        } catch (ExecutionException e) {
            LOG.errorf(e.getCause(), "model %s cannot be freed", source.id());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        return false;
    }

    /** Runs once nobody is in flight; only runs whose callers have given up may still compute. */
    private void free() {
        @Nullable RuntimeException failure = null;
        try {
            if (!batcher.close(ABANDONED_RUN)) {
                // A graph that is freed under a run takes the process with it: memory that stays is the lesser evil.
                throw new IllegalStateException("a run does not end");
            }
            pipeline.ifPresent(TextPipeline::close);
            backend.close();
            metrics.forget(waiting);
        } catch (RuntimeException e) {
            failure = e;
        }
        if (failure == null) {
            freed.complete(true);
        } else {
            freed.completeExceptionally(failure);
        }
    }
}
