package dev.weft.inference.lifecycle;

import dev.weft.inference.backend.DecoderBackend;
import dev.weft.inference.generation.TextGenerator;
import dev.weft.inference.modelpackage.ModelPackage;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.TensorSpec;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * One version of a text generation model. Thread-safe. Owns its graph and generator; {@link #retire} frees them after the requests in
 * flight are finished. The graph's own tensors cannot be reached.
 */
final class LoadedGenerator implements ServedModel {

    private static final Logger LOG = Logger.getLogger(LoadedGenerator.class);

    /** How long a step may go on computing that nobody waits for any more. */
    private static final Duration ABANDONED_STEP = Duration.ofMinutes(10);

    private final ModelPackage source;
    private final DecoderBackend backend;
    private final TextGenerator generator;
    private final GenerationMetrics metrics;
    private final CompletableFuture<Boolean> freed = new CompletableFuture<>();

    /** As in {@link LoadedModel}: advances, once, when retired and drained. */
    private final Phaser inFlight = new Phaser(1) {
        @Override
        protected boolean onAdvance(int phase, int parties) {
            Thread.ofVirtual().name("free-model").start(LoadedGenerator.this::free);
            return true;
        }
    };

    LoadedGenerator(ModelPackage source, DecoderBackend backend, TextGenerator generator, GenerationMetrics metrics) {
        this.source = source;
        this.backend = backend;
        this.generator = generator;
        this.metrics = metrics;
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
    public Optional<List<Tensor>> infer(InferenceRequest request) {
        List<Tensor> answer = new ArrayList<>();
        boolean asked = ask(
                request,
                wanted -> answer.addAll(
                        pick(generator.generate(request.inputs(), request.parameters(), request.deadline()), wanted)));
        return asked ? Optional.of(answer) : Optional.empty();
    }

    @Override
    public boolean stream(InferenceRequest request, Pieces pieces) {
        return ask(
                request,
                wanted -> generator.stream(
                        request.inputs(),
                        request.parameters(),
                        request.deadline(),
                        (outputs, last) -> pieces.accept(pick(outputs, wanted), last)));
    }

    /** Runs {@code work} with the names of the wanted outputs; false when this model has been retired. */
    private boolean ask(InferenceRequest request, Consumer<List<String>> work) {
        if (inFlight.register() < 0) {
            return false;
        }
        try {
            metrics.timed(() -> work.accept(wanted(request.outputs())));
            return true;
        } finally {
            inFlight.arriveAndDeregister();
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
    private static List<Tensor> pick(List<Tensor> outputs, List<String> wanted) {
        return wanted.stream()
                .flatMap(name -> outputs.stream().filter(output -> output.name().equals(name)))
                .toList();
    }

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

    /** Runs once nobody is in flight; only a step whose callers have given up may still compute. */
    private void free() {
        try {
            if (!generator.close(ABANDONED_STEP)) {
                // A graph that is freed under a step takes the process with it: memory that stays is the lesser evil.
                throw new IllegalStateException("a step does not end");
            }
            backend.close();
            metrics.close();
            freed.complete(true);
        } catch (RuntimeException e) {
            freed.completeExceptionally(e);
        }
    }
}
