package dev.weft.inference.lifecycle;

import dev.weft.inference.backend.InferenceBackend;
import dev.weft.inference.batching.Batcher;
import dev.weft.inference.batching.Row;
import dev.weft.inference.batching.RunTimes;
import dev.weft.inference.pipeline.TextPipeline;
import dev.weft.inference.pipeline.TextRequest;
import dev.weft.inference.pipeline.TextRow;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.TensorSpec;
import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.GrpcFailures;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Turns a request into rows for the batcher and the computed rows into an answer. A request of many texts goes in slice by slice: while
 * one is computed the next is tokenised, and the queue never holds more than two of them. Stateless, thread-safe.
 */
final class RequestPreparation {

    /** Rows of one slice, at most: enough to find company of similar length, little enough to leave the queue to others. */
    private static final int LARGEST_SLICE = 128;

    private final LoadedModel.Parts model;
    private final int slice;

    RequestPreparation(LoadedModel.Parts model) {
        this.model = model;
        // Half of the queue, which is what further slices wait for: one that is larger than the queue would never fit.
        this.slice = Math.clamp(model.batcher().capacity() / 2, 1, LARGEST_SLICE);
    }

    /**
     * Checks and tokenises the request and has it computed; {@code answer} completes when that is done, or with a
     * {@link dev.weft.kit.error.Failure} when it cannot be. Does not block.
     *
     * @param slow runs what blocks: a request of several slices waits for the first ones, which a session's thread must not do, since
     *     it may be the one that would compute them
     */
    void prepare(InferenceRequest request, CompletableFuture<Answer> answer, Executor slow) {
        try {
            start(request, answer, slow);
        } catch (Throwable e) {
            // Whatever it is, an OutOfMemoryError too: the client must not wait for an answer that never comes.
            answer.completeExceptionally(GrpcFailures.toFailure(e));
        }
    }

    private void start(InferenceRequest request, CompletableFuture<Answer> answer, Executor slow) {
        Optional<TextPipeline> pipeline = model.pipeline();
        if (pipeline.isPresent() && pipeline.get().accepts(request.inputs())) {
            List<String> wanted = wanted(request.outputs(), pipeline.get().outputs());
            TextWork work = new TextWork(pipeline.get(), request, wanted, answer);
            model.batcher().requireRoom(Math.min(slice, work.texts.size()), request.priority(), request.deadline());
            if (work.texts.size() <= slice) {
                work.submit();
            } else {
                slow.execute(work::submitAll);
            }
            return;
        }
        List<String> wanted = wanted(request.outputs(), model.backend().outputs());
        checkGraphInputs(request.inputs());
        TensorRow row = new TensorRow(request.inputs(), wanted);
        CompletableFuture<RunTimes> run = submit(List.of(row), request, answer, true);
        CompletableFuture<Void> _ = run.thenAccept(times -> complete(
                answer,
                () -> new Answer(
                        model.source().id(), row.result(), Optional.of(new Answer.Effort(0, Duration.ZERO, times)))));
    }

    private static void complete(CompletableFuture<Answer> answer, Supplier<Answer> made) {
        try {
            answer.complete(made.get());
        } catch (Throwable e) {
            // Nobody looks at what a callback throws: an OutOfMemoryError for a large answer must not end there.
            answer.completeExceptionally(GrpcFailures.toFailure(e));
        }
    }

    /** Submits rows whose failure is the answer's, and which nobody computes any more once the answer is there. */
    private CompletableFuture<RunTimes> submit(
            List<Row> rows, InferenceRequest request, CompletableFuture<Answer> answer, boolean first) {
        Batcher<Row> batcher = model.batcher();
        CompletableFuture<RunTimes> run = first
                ? batcher.submit(rows, request.priority(), request.deadline())
                : batcher.submitWhenRoom(rows, request.priority(), request.deadline());
        CompletableFuture<Answer> _ = answer.whenComplete((_, _) -> run.cancel(false));
        CompletableFuture<RunTimes> _ = run.whenComplete((_, failure) -> {
            if (failure != null) {
                answer.completeExceptionally(failure);
            }
        });
        return run;
    }

    private void checkGraphInputs(List<Tensor> inputs) {
        InferenceBackend backend = model.backend();
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
        String graph = names(model.backend().inputs()).toString();
        return model.pipeline()
                .map(pipeline -> names(pipeline.inputs()) + ", [" + TextPipeline.TOKEN_IDS + "] or " + graph)
                .orElse(graph);
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

    private static List<String> names(List<TensorSpec> specs) {
        return specs.stream().map(TensorSpec::name).toList();
    }

    /** A request for texts on its way. Used by one thread, which prepares it. */
    private final class TextWork {
        private final TextPipeline pipeline;
        private final InferenceRequest request;
        private final List<String> wanted;
        private final CompletableFuture<Answer> answer;
        private final TextRequest texts;
        private final List<TextRow> rows;
        private long tokenizedNanos;

        private TextWork(
                TextPipeline pipeline,
                InferenceRequest request,
                List<String> wanted,
                CompletableFuture<Answer> answer) {
            this.pipeline = pipeline;
            this.request = request;
            this.wanted = wanted;
            this.answer = answer;
            this.texts = pipeline.read(request.inputs());
            this.rows = new ArrayList<>(texts.size());
        }

        private void submitAll() {
            try {
                submit();
            } catch (Throwable e) {
                answer.completeExceptionally(GrpcFailures.toFailure(e));
            }
        }

        private void submit() {
            RunTimes sofar = RunTimes.NONE;
            @Nullable CompletableFuture<RunTimes> last = null;
            while (rows.size() < texts.size() && !answer.isDone()) {
                List<Row> missing = tokenizeSlice();
                if (missing.isEmpty()) {
                    continue;
                }
                @Nullable CompletableFuture<RunTimes> before = last;
                last = RequestPreparation.this.submit(missing, request, answer, before == null);
                if (before != null) {
                    sofar = sofar.plus(await(before));
                }
            }
            RunTimes earlier = sofar;
            if (last == null) {
                complete(answer, () -> answer(earlier));
            } else {
                CompletableFuture<Void> _ =
                        last.thenAccept(times -> complete(answer, () -> answer(earlier.plus(times))));
            }
        }

        /** Adds the next rows; returns those of them that nobody has computed before. */
        private List<Row> tokenizeSlice() {
            long start = System.nanoTime();
            List<Row> missing = new ArrayList<>();
            int end = Math.min(texts.size(), rows.size() + slice);
            while (rows.size() < end) {
                Optional<TextRow> known = cached(rows.size());
                TextRow row = known.isPresent() ? known.get() : pipeline.row(texts, rows.size(), request.truncate());
                if (known.isEmpty()) {
                    missing.add(row);
                }
                rows.add(row);
            }
            tokenizedNanos += System.nanoTime() - start;
            return missing;
        }

        private Optional<TextRow> cached(int row) {
            if (model.cache().isEmpty() || texts.text(row).isEmpty()) {
                return Optional.empty();
            }
            Optional<TextRow> known = model.cache().get().find(texts.text(row), request.truncate());
            model.metrics().cached(known.isPresent());
            return known;
        }

        private RunTimes await(CompletableFuture<RunTimes> run) {
            try {
                return run.get(request.deadline().remaining().toNanos(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException _) {
                throw new DeadlineExceeded("deadline passed while the request was computed");
            } catch (InterruptedException _) {
                throw new Cancelled("the client went away");
            } catch (ExecutionException e) {
                throw GrpcFailures.toFailure(e.getCause() == null ? e : e.getCause());
            }
        }

        private Answer answer(RunTimes times) {
            long tokens = 0;
            for (int i = 0; i < rows.size(); i++) {
                tokens += rows.get(i).length();
                if (model.cache().isPresent() && !texts.text(i).isEmpty()) {
                    model.cache().get().keep(texts.text(i), request.truncate(), rows.get(i));
                }
            }
            Map<String, Tensor> byName =
                    pipeline.answer(rows).stream().collect(Collectors.toMap(Tensor::name, Function.identity()));
            return new Answer(
                    model.source().id(),
                    wanted.stream().map(byName::get).toList(),
                    Optional.of(new Answer.Effort(tokens, Duration.ofNanos(tokenizedNanos), times)));
        }
    }
}
