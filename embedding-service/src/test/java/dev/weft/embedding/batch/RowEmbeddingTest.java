package dev.weft.embedding.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.weft.embedding.batch.LineReader.Line;
import dev.weft.embedding.embedder.BatchEmbedder.Embeddings;
import dev.weft.embedding.embedder.BatchEmbedder.Input;
import dev.weft.embedding.fixtures.BatchClient;
import dev.weft.kit.error.Failure;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class RowEmbeddingTest {

    private static final int LONGEST = 50;

    private final Queue<Integer> sizes = new ConcurrentLinkedQueue<>();
    private final Queue<Integer> spreads = new ConcurrentLinkedQueue<>();
    private final AtomicInteger calls = new AtomicInteger();

    @Test
    void everyInputHasItsVectorWhateverIsRefusedBesideIt() {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            rows.add(row("r" + i, "x".repeat(1 + random.nextInt(LONGEST + 3))));
        }

        embedding(this::compute, "request-rows", "32").embed(rows, () -> false);

        for (Row row : rows) {
            String text = text(row);
            if (text.length() > LONGEST) {
                assertThat(row.failure()).isEqualTo(new RowFailure(400, "invalid_request", "input: too long"));
            } else {
                assertThat(row.failure()).isNull();
                assertThat(row.vectors()).isDeepEqualTo(new float[][] {{text.length(), 1}});
                assertThat(row.tokens()).isEqualTo(text.length());
            }
        }
        assertThat(sizes).allMatch(size -> size <= 32).anyMatch(size -> size == 32);
        assertThat(spreads).as("texts of like length stand together").allMatch(spread -> spread <= 10);
    }

    @Test
    void inputOfSeveralFailsAsAWholeAndSaysWhich() {
        Row row = parser().parse(line(BatchClient.row("a", "letters", "[\"x\", \"" + "y".repeat(LONGEST + 1) + "\"]")));

        embedding(this::compute).embed(List.of(row), () -> false);

        assertThat(row.failure()).isEqualTo(new RowFailure(400, "invalid_request", "input[1]: too long"));
    }

    @Test
    void shorterVectorsHaveLengthOne() {
        String line = BatchClient.row("a", "x").replace("\"body\":{", "\"body\":{\"dimensions\":1,");
        Row row = parser().parse(line(line));
        Row tooMany = parser().parse(line(line.replace("\"dimensions\":1", "\"dimensions\":3")));

        embedding(this::compute).embed(List.of(row, tooMany), () -> false);

        assertThat(row.vectors()[0]).hasSize(1);
        assertThat(row.vectors()[0][0]).isCloseTo(1f, within(1e-6f));
        assertThat(tooMany.failure()).isNotNull().satisfies(failure -> assertThat(failure.message())
                .isEqualTo("dimensions: 3 (expected: 1 to the model's 2)"));
    }

    @Test
    void unknownModelFailsItsRowsByOneCall() {
        List<Row> rows = List.of(row("a", "x"), row("b", "y"), row("c", "z"));

        embedding(_ -> {
                    calls.incrementAndGet();
                    throw new Failure.NotFound("model 'letters' is unknown");
                })
                .embed(rows, () -> false);

        assertThat(rows).allSatisfy(row -> assertThat(row.failure())
                .isEqualTo(new RowFailure(404, "model_not_found", "model 'letters' is unknown")));
        assertThat(calls).hasValue(1);
    }

    @Test
    void overloadIsWaitedFor() {
        List<Row> rows = List.of(row("a", "x"));

        embedding(input -> {
                    if (calls.incrementAndGet() < 4) {
                        throw new Failure.ResourceExhausted("full", Duration.ofMillis(1));
                    }
                    return compute(input);
                })
                .embed(rows, () -> false);

        assertThat(rows.getFirst().failure()).isNull();
        assertThat(calls).hasValue(4);
    }

    @Test
    void serviceThatStaysAwayIsNotTheRowsFault() {
        List<Row> rows = List.of(row("a", "x"));
        RowEmbedding embedding = embedding(
                _ -> {
                    throw new Failure.Unavailable("away");
                },
                "retry-limit",
                "300ms",
                "retry-pause",
                "50ms");

        assertThatThrownBy(() -> embedding.embed(rows, () -> false)).isInstanceOf(Failure.Unavailable.class);
        assertThat(rows.getFirst().failure()).isNull();
    }

    @Test
    void defectOfOneRowFailsThatRowOnly() {
        List<Row> rows = List.of(row("a", "x"), row("b", "poison"), row("c", "zz"));

        embedding(input -> {
                    if (((Input.Texts) input).texts().contains("poison")) {
                        throw new Failure.Internal("a defect", null);
                    }
                    return compute(input);
                })
                .embed(rows, () -> false);

        assertThat(rows.get(0).failure()).isNull();
        assertThat(rows.get(1).failure()).isEqualTo(new RowFailure(500, "server_error", "a defect"));
        assertThat(rows.get(2).failure()).isNull();
    }

    @Test
    void abandonedWorkEnds() {
        AtomicBoolean abandoned = new AtomicBoolean();
        RowEmbedding embedding = embedding(_ -> {
            abandoned.set(true);
            throw new Failure.Unavailable("away");
        });

        assertThatThrownBy(() -> embedding.embed(List.of(row("a", "x")), abandoned::get))
                .isInstanceOf(Retries.Abandoned.class);
    }

    @Test
    void requestsAtATimeAreBounded() {
        AtomicInteger most = new AtomicInteger();
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            rows.add(row("r" + i, "x".repeat(1 + i % LONGEST)));
        }

        embedding(
                        input -> {
                            most.accumulateAndGet(calls.incrementAndGet(), Math::max);
                            try {
                                return compute(input);
                            } finally {
                                calls.decrementAndGet();
                            }
                        },
                        "requests",
                        "3",
                        "request-rows",
                        "2")
                .embed(rows, () -> false);

        assertThat(most).hasValueBetween(1, 3);
        assertThat(sizes).hasSizeGreaterThanOrEqualTo(100);
    }

    private Embeddings compute(Input input) {
        List<String> texts = ((Input.Texts) input).texts();
        sizes.add(texts.size());
        spreads.add(texts.stream().mapToInt(String::length).max().orElse(0)
                - texts.stream().mapToInt(String::length).min().orElse(0));
        float[] values = new float[2 * texts.size()];
        long[] tokens = new long[texts.size()];
        for (int i = 0; i < texts.size(); i++) {
            if (texts.get(i).length() > LONGEST) {
                throw new Failure.InvalidArgument("input 'TEXT'[" + i + "]: too long");
            }
            values[2 * i] = texts.get(i).length();
            values[2 * i + 1] = 1;
            tokens[i] = texts.get(i).length();
        }
        return new Embeddings(values, 2, tokens, 10);
    }

    private static RowEmbedding embedding(Function<Input, Embeddings> model, String... settings) {
        return new RowEmbedding((_, input, _, _) -> model.apply(input), TestBatchConfig.with(settings));
    }

    private static RowParser parser() {
        return new RowParser(Endpoint.EMBEDDINGS, "", 10_000);
    }

    private static Row row(String id, String text) {
        return parser().parse(line(BatchClient.row(id, text)));
    }

    private static String text(Row row) {
        RowRequest request = row.request();
        return request == null ? "" : ((Input.Texts) request.input()).texts().getFirst();
    }

    private static Line line(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new Line(1, bytes.length, bytes.length, bytes);
    }
}
