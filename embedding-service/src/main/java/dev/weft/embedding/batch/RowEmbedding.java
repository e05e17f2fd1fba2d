package dev.weft.embedding.batch;

import dev.weft.embedding.batch.Retries.Abandoned;
import dev.weft.embedding.embedder.BatchEmbedder;
import dev.weft.embedding.embedder.BatchEmbedder.Embeddings;
import dev.weft.embedding.embedder.BatchEmbedder.Input;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.time.Deadline;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/**
 * Has rows embedded: inputs of like length together, so that little padding is computed, a bounded number of requests of this replica at a time.
 * A request that is refused for one of its inputs is cut in halves until that one is alone; inputs that cannot be embedded stand together at the
 * end of the order, since most of them are too long. Thread-safe.
 */
@Singleton
final class RowEmbedding {

    /** Bytes of one request, about, unless a single input is larger. */
    private static final int REQUEST_BYTES = 1 << 20;

    private static final Duration LOOK = Duration.ofMillis(100);

    private final BatchEmbedder embedder;
    private final BatchConfig config;
    private final Semaphore requests;

    RowEmbedding(BatchEmbedder embedder, BatchConfig config) {
        this.embedder = embedder;
        this.config = config;
        this.requests = new Semaphore(config.requests());
    }

    /**
     * Gives each row that has not failed its vectors, or its failure.
     *
     * @param abandoned true when nobody wants them any more
     * @return time inside the runs of each model, in µs
     * @throws Retries.Abandoned then
     * @throws Failure when inference-service has been away or without room for longer than the retry limit: rows have no vectors then
     */
    Map<String, Long> embed(List<Row> rows, BooleanSupplier abandoned) {
        Run run = new Run(abandoned);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> futures = new ArrayList<>();
            groups(rows).forEach((kind, items) -> slices(items)
                    .forEach(slice -> futures.add(threads.submit(() -> run.embed(kind, slice)))));
            futures.forEach(future -> run.await(future, threads));
        }
        return run.computeMicros;
    }

    /** What may go into one request. */
    private record Kind(String model, boolean truncate, boolean isTokens) {}

    /** One input of a row. */
    private record Item(Row row, RowRequest request, int number) {

        private int length() {
            return switch (row.inputs()) {
                case Input.Texts(List<String> texts) -> texts.get(number).length();
                case Input.Tokens(List<int[]> rows) -> rows.get(number).length;
            };
        }
    }

    private static Map<Kind, List<Item>> groups(List<Row> rows) {
        Map<Kind, List<Item>> groups = new LinkedHashMap<>();
        for (Row row : rows) {
            RowRequest request = row.request();
            if (request == null || row.failure() != null) {
                continue;
            }
            Kind kind = new Kind(request.model(), request.truncate(), row.inputs() instanceof Input.Tokens);
            List<Item> group = groups.computeIfAbsent(kind, _ -> new ArrayList<>());
            for (int i = 0; i < row.inputs().size(); i++) {
                group.add(new Item(row, request, i));
            }
        }
        return groups;
    }

    private List<List<Item>> slices(List<Item> items) {
        List<Item> sorted = new ArrayList<>(items);
        sorted.sort(Comparator.comparingInt(Item::length));
        List<List<Item>> slices = new ArrayList<>();
        int begin = 0;
        for (int end = 1; end <= sorted.size(); end++) {
            boolean full = end == sorted.size()
                    || end - begin == config.requestRows()
                    || (long) (end - begin + 1) * sorted.get(end).length() * Integer.BYTES > REQUEST_BYTES;
            if (full) {
                slices.add(sorted.subList(begin, end));
                begin = end;
            }
        }
        // The longest first: what is left for the end is short, and nobody waits long for the last.
        return slices.reversed();
    }

    /** The embedding of one chunk. */
    private final class Run {

        private final BooleanSupplier abandoned;
        private final AtomicBoolean failed = new AtomicBoolean();
        private final Map<String, Long> computeMicros = new ConcurrentHashMap<>();
        private final Retries retries = new Retries(config, this::isUnwanted);

        private Run(BooleanSupplier abandoned) {
            this.abandoned = abandoned;
        }

        private void await(Future<?> future, ExecutorService threads) {
            try {
                while (true) {
                    try {
                        future.get(LOOK.toMillis(), TimeUnit.MILLISECONDS);
                        return;
                    } catch (TimeoutException _) {
                        if (abandoned.getAsBoolean() && !failed.getAndSet(true)) {
                            // Calls that hang would keep their places for all of their time.
                            threads.shutdownNow();
                        }
                    }
                }
            } catch (InterruptedException _) {
                failed.set(true);
                threads.shutdownNow();
                throw new Abandoned();
            } catch (ExecutionException e) {
                failed.set(true);
                if (e.getCause() instanceof Abandoned abandon) {
                    throw abandon;
                }
                throw GrpcFailures.toFailure(e.getCause() == null ? e : e.getCause());
            }
        }

        private void embed(Kind kind, List<Item> items) {
            try {
                Embeddings embeddings = retries.call("inference-service", () -> once(kind, items));
                computeMicros.merge(kind.model(), embeddings.computeMicros(), Long::sum);
                for (int i = 0; i < items.size(); i++) {
                    take(items.get(i), embeddings.vector(i), embeddings.tokens()[i]);
                }
            } catch (Failure.InvalidArgument | Failure.TooLarge | Failure.Internal e) {
                if (items.size() == 1) {
                    fail(items.getFirst(), e);
                } else {
                    embed(kind, items.subList(0, items.size() / 2));
                    embed(kind, items.subList(items.size() / 2, items.size()));
                }
            } catch (Failure.NotFound
                    | Failure.FailedPrecondition
                    | Failure.Unimplemented
                    | Failure.PermissionDenied
                    | Failure.AlreadyExists e) {
                items.forEach(item -> fail(item, e));
            }
        }

        private Embeddings once(Kind kind, List<Item> items) {
            acquire();
            try {
                return embedder.embed(
                        kind.model(), input(kind, items), kind.truncate(), Deadline.after(config.requestTimeout()));
            } finally {
                requests.release();
            }
        }

        private void acquire() {
            try {
                while (!requests.tryAcquire(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
                    retries.check();
                }
                if (isUnwanted()) {
                    requests.release();
                    throw new Abandoned();
                }
            } catch (InterruptedException _) {
                throw new Abandoned();
            }
        }

        private boolean isUnwanted() {
            return failed.get() || abandoned.getAsBoolean();
        }
    }

    private static Input input(Kind kind, List<Item> items) {
        if (kind.isTokens()) {
            return new Input.Tokens(items.stream().map(RowEmbedding::tokens).toList());
        }
        return new Input.Texts(items.stream().map(RowEmbedding::text).toList());
    }

    private static int[] tokens(Item item) {
        return ((Input.Tokens) item.row().inputs()).rows().get(item.number());
    }

    private static String text(Item item) {
        return ((Input.Texts) item.row().inputs()).texts().get(item.number());
    }

    private static void take(Item item, float[] vector, long tokens) {
        for (int d = 0; d < vector.length; d++) {
            if (!Float.isFinite(vector[d])) {
                item.row().fail(new RowFailure(500, "server_error", "the model's vector has no number at " + d));
                return;
            }
        }
        Integer dimensions = item.request().dimensions();
        if (dimensions != null && dimensions > vector.length) {
            item.row()
                    .fail(new RowFailure(
                            400,
                            "invalid_request",
                            "dimensions: " + dimensions + " (expected: 1 to the model's " + vector.length + ")"));
            return;
        }
        item.row().answer(item.number(), dimensions == null ? vector : shortened(vector, dimensions), tokens);
    }

    /** The first dimensions, brought back to length 1, as OpenAI's own models do. */
    private static float[] shortened(float[] vector, int dimensions) {
        double sum = 0;
        for (int d = 0; d < dimensions; d++) {
            sum += (double) vector[d] * vector[d];
        }
        float factor = (float) (1 / Math.max(Math.sqrt(sum), 1e-12));
        float[] result = new float[dimensions];
        for (int d = 0; d < dimensions; d++) {
            result[d] = vector[d] * factor;
        }
        return result;
    }

    /** In the words of the client, who knows his input and no tensors. */
    private static void fail(Item item, Failure failure) {
        String field = item.request().field(item.number());
        String message = failure.getMessage()
                .replace("input 'TEXT'[0]", field)
                .replace("input 'TOKEN_IDS'[0]", field)
                .replace("input 'TEXT'", field)
                .replace("input 'TOKEN_IDS'", field);
        item.row().fail(RowFailure.of(failure, message));
    }
}
