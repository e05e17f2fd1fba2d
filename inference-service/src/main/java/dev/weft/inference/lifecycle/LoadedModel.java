package dev.weft.inference.lifecycle;

import dev.weft.inference.backend.InferenceBackend;
import dev.weft.inference.batching.RunQueue;
import dev.weft.inference.modelpackage.ModelPackage;
import dev.weft.inference.pipeline.TextPipeline;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.TensorSpec;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.time.Deadline;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * One version of a model, ready to be asked. Thread-safe. Owns its graph, tokenizer and queue; {@link #retire} frees them after the
 * requests in flight are finished.
 */
public final class LoadedModel implements ServedModel {

    private static final Logger LOG = Logger.getLogger(LoadedModel.class);

    private final ModelPackage source;
    private final InferenceBackend backend;
    private final Optional<TextPipeline> pipeline;
    private final RunQueue queue;
    private final ModelMetrics metrics;

    /** How long a run may go on computing that nobody waits for any more. */
    private static final Duration ABANDONED_RUN = Duration.ofMinutes(10);

    private final CompletableFuture<Boolean> freed = new CompletableFuture<>();

    /** One party for the model itself and one for each request in flight: it advances, once, when retired and drained. */
    private final Phaser inFlight = new Phaser(1) {
        @Override
        protected boolean onAdvance(int phase, int parties) {
            Thread.ofVirtual().name("free-model").start(LoadedModel.this::free);
            return true;
        }
    };

    LoadedModel(
            ModelPackage source,
            InferenceBackend backend,
            Optional<TextPipeline> pipeline,
            RunQueue queue,
            ModelMetrics metrics) {
        this.source = source;
        this.backend = backend;
        this.pipeline = pipeline;
        this.queue = queue;
        this.metrics = metrics;
    }

    /** What this was loaded from. */
    @Override
    public ModelPackage source() {
        return source;
    }

    /** What a client sends by default: texts where there is a pipeline, the graph's inputs otherwise. */
    @Override
    public List<TensorSpec> inputs() {
        return pipeline.map(TextPipeline::inputs).orElseGet(backend::inputs);
    }

    /** What a client gets for {@link #inputs()}. */
    @Override
    public List<TensorSpec> outputs() {
        return pipeline.map(TextPipeline::outputs).orElseGet(backend::outputs);
    }

    /** The graph's own inputs, which a text model takes as well. */
    @Override
    public List<TensorSpec> graphInputs() {
        return backend.inputs();
    }

    /** The graph's own outputs. */
    @Override
    public List<TensorSpec> graphOutputs() {
        return backend.outputs();
    }

    /**
     * Computes; blocks until there is an answer, the deadline passes or the thread is interrupted.
     *
     * @return the wanted outputs, in the wanted order; empty when this model has been retired, so that the caller asks the one
     *     that took its place
     * @throws dev.weft.kit.error.Failure when there is none; its class says what the caller can do
     */
    @Override
    public Optional<List<Tensor>> infer(InferenceRequest request) {
        if (inFlight.register() < 0) {
            return Optional.empty();
        }
        try {
            return Optional.of(metrics.timed(() -> {
                if (pipeline.isPresent() && pipeline.get().accepts(request.inputs())) {
                    List<String> wanted =
                            wanted(request.outputs(), pipeline.get().outputs());
                    return pick(
                            pipeline.get().run(request.inputs(), request.truncate(), runner(request.deadline())),
                            wanted);
                }
                List<String> wanted = wanted(request.outputs(), backend.outputs());
                checkGraphInputs(request.inputs());
                return runner(request.deadline()).run(request.inputs(), wanted, rows(request.inputs()), 0);
            }));
        } finally {
            inFlight.arriveAndDeregister();
        }
    }

    private TextPipeline.Runner runner(Deadline deadline) {
        return (inputs, outputs, rows, tokens) -> {
            RunQueue.Run<List<Tensor>> run = queue.run(() -> backend.run(inputs, outputs), deadline);
            metrics.ran(run.queued(), run.computed(), rows, tokens);
            return run.value();
        };
    }

    private void checkGraphInputs(List<Tensor> inputs) {
        Map<String, TensorSpec> specs =
                backend.inputs().stream().collect(Collectors.toMap(TensorSpec::name, Function.identity()));
        Set<String> missing = new HashSet<>(specs.keySet());
        for (Tensor input : inputs) {
            TensorSpec spec = specs.get(input.name());
            if (spec == null) {
                throw new InvalidArgument("input '" + input.name() + "': unknown (expected: " + expectedInputs() + ")");
            }
            spec.check(input);
            missing.remove(input.name());
        }
        if (!missing.isEmpty()) {
            throw new InvalidArgument(
                    "inputs: " + missing.stream().sorted().toList() + " missing (expected: " + expectedInputs() + ")");
        }
    }

    private String expectedInputs() {
        String graph = names(backend.inputs()).toString();
        return pipeline.isEmpty() ? graph : "[" + TextPipeline.TEXT + "], [" + TextPipeline.TOKEN_IDS + "] or " + graph;
    }

    private static List<String> wanted(List<String> requested, List<TensorSpec> outputs) {
        List<String> known = names(outputs);
        if (requested.isEmpty()) {
            return known;
        }
        for (String name : requested) {
            if (!known.contains(name)) {
                throw new InvalidArgument("output '" + name + "': unknown (expected: some of " + known + ")");
            }
        }
        return requested;
    }

    private static List<Tensor> pick(List<Tensor> outputs, List<String> wanted) {
        Map<String, Tensor> byName = outputs.stream().collect(Collectors.toMap(Tensor::name, Function.identity()));
        return wanted.stream().map(byName::get).toList();
    }

    private static List<String> names(List<TensorSpec> specs) {
        return specs.stream().map(TensorSpec::name).toList();
    }

    /** The outermost dimension, which by convention is the batch. */
    private static int rows(List<Tensor> inputs) {
        return inputs.stream()
                .map(input -> input.shape().dims())
                .filter(dims -> !dims.isEmpty())
                .mapToInt(dims -> Math.toIntExact(dims.getFirst()))
                .findFirst()
                .orElse(1);
    }

    /**
     * Takes no new request, and frees everything when those in flight have ended. Returns when that is done, at the latest after
     * {@code patience}; what is in flight then still ends as it would have.
     */
    @Override
    public void retire(Duration patience) {
        inFlight.arriveAndDeregister();
        try {
            freed.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            LOG.warnf(
                    "model %s still has requests in flight after %d s; it is freed when they end",
                    source.id(), patience.toSeconds());
        } catch (ExecutionException e) {
            LOG.errorf(e.getCause(), "model %s cannot be freed", source.id());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** Runs once nobody is in flight; only runs whose callers have given up may still compute. */
    private void free() {
        try {
            if (!queue.close(ABANDONED_RUN)) {
                // A graph that is freed under a run takes the process with it: memory that stays is the lesser evil.
                throw new IllegalStateException("a run does not end");
            }
            pipeline.ifPresent(TextPipeline::close);
            backend.close();
            metrics.close();
            freed.complete(true);
        } catch (RuntimeException e) {
            freed.completeExceptionally(e);
        }
    }
}
