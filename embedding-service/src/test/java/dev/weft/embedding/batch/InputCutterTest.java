package dev.weft.embedding.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.embedding.fixtures.BatchClient;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class InputCutterTest {

    @Test
    void chunksEndWhereLinesEndAndHoldAllRowsInOrder() throws IOException {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 30; round++) {
            List<String> lines = lines(random);
            byte[] bytes = String.join("\n", lines).getBytes(StandardCharsets.UTF_8);

            InputCutter.Cut cut = cut(bytes, "chunk-rows", "7", "chunk-size", "2000");

            List<String> seen = new ArrayList<>();
            for (Chunk.Range range : cut.ranges()) {
                String text = new String(
                        bytes, (int) range.start(), (int) (range.end() - range.start()), StandardCharsets.UTF_8);
                List<String> rows = text.lines().filter(line -> !line.isBlank()).toList();
                assertThat(rows).hasSize(range.lines());
                assertThat(lines.get((int) range.firstLine() - 1)).isEqualTo(rows.getFirst());
                seen.addAll(rows);
            }
            assertThat(seen)
                    .isEqualTo(lines.stream().filter(line -> !line.isBlank()).toList());
            assertThat(cut.rows()).isEqualTo(seen.size());
        }
    }

    private static List<String> lines(Random random) {
        List<String> lines = new ArrayList<>();
        for (int i = 1 + random.nextInt(200); i > 0; i--) {
            lines.add(
                    switch (random.nextInt(6)) {
                        case 0 -> "";
                        case 1 -> "{ no JSON";
                        case 2 -> BatchClient.row("r" + i, "letters", "[\"a\", \"b\", \"c\"]");
                        default -> BatchClient.row("r" + i, "é".repeat(1 + random.nextInt(300)));
                    });
        }
        lines.add(BatchClient.row("last", "x"));
        return lines;
    }

    @Test
    void chunkHasNoMoreInputsThanAllowedUnlessOneRowHas() throws IOException {
        String many = BatchClient.row("many", "letters", "[\"a\",\"b\",\"c\",\"d\",\"e\"]");
        String one = BatchClient.row("one", "a");

        InputCutter.Cut cut = cut(
                String.join("\n", one, many, one, one, one, one).getBytes(StandardCharsets.UTF_8), "chunk-rows", "3");

        assertThat(cut.ranges()).extracting(Chunk.Range::lines).containsExactly(1, 1, 3, 1);
        assertThat(cut.model()).isEqualTo("letters");
    }

    @Test
    void inputWithoutAUsableRowFailsWithItsLines() throws IOException {
        InputCutter.Cut cut = cut("{\n\n[]\n".getBytes(StandardCharsets.UTF_8));

        assertThat(cut.errors()).extracting(BatchError::line).containsExactly(1L, 3L);
        assertThat(cut.rows()).isEqualTo(2);
        assertThat(cut.ranges()).isEmpty();
    }

    @Test
    void emptyInputFails() throws IOException {
        assertThat(cut("\n \n".getBytes(StandardCharsets.UTF_8)).errors())
                .extracting(BatchError::code)
                .containsExactly("empty_file");
    }

    @Test
    void tooManyRowsFail() throws IOException {
        byte[] bytes = (BatchClient.row("a", "x") + "\n").repeat(4).getBytes(StandardCharsets.UTF_8);

        assertThat(cut(bytes, "max-rows", "3").errors())
                .extracting(BatchError::code)
                .containsExactly("too_many_rows");
        assertThat(cut(bytes, "max-rows", "4").errors()).isEmpty();
    }

    private static InputCutter.Cut cut(byte[] bytes, String... settings) throws IOException {
        return new InputCutter(TestBatchConfig.with(settings), new RowParser(Endpoint.EMBEDDINGS, "", 1 << 20))
                .cut(new ByteArrayInputStream(bytes), () -> false);
    }
}
