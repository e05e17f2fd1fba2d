package dev.weft.embedding.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.embedding.embedder.BatchEmbedder.Input;
import dev.weft.embedding.usage.BatchUsage;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChunkUsageTest {

    private static Row row(String model, String... texts) {
        return new Row(
                1, "a", new RowRequest.Vectors(model, new Input.Texts(List.of(texts)), false, null, false, false));
    }

    private static Row failed(String model, int status) {
        Row row = row(model, "x");
        row.fail(new RowFailure(status, "code", "message"));
        return row;
    }

    @Test
    void rowsAreAddedUpByModel() {
        Row two = row("letters", "a", "b");
        two.answer(0, new float[1], 3);
        two.answer(1, new float[1], 4);
        Row other = row("other", "a");
        other.answer(0, new float[1], 1);

        assertThat(ChunkUsage.of(List.of(two, failed("letters", 400), other), Map.of("letters", 900L)))
                .containsExactly(new BatchUsage("letters", 2, 1, 2, 7, 900), new BatchUsage("other", 1, 0, 1, 1, 0));
    }

    @Test
    void namesThatNoModelHasAreNothingToKeep() {
        assertThat(ChunkUsage.of(
                        List.of(
                                failed("unknown", 404),
                                failed("forbidden", 403),
                                failed("zero\0", 400),
                                failed("half\ud800", 400),
                                failed("x".repeat(300), 400),
                                new Row(2, "b", RowFailure.malformed("code", "message"))),
                        Map.of()))
                .isEmpty();
    }
}
