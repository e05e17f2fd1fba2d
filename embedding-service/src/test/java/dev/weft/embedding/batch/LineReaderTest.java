package dev.weft.embedding.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.embedding.batch.LineReader.Line;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LineReaderTest {

    @Test
    void linesHaveNumbersAndEnds() throws IOException {
        List<Line> lines = read("ab\n\ncde", 100);

        assertThat(lines).extracting(Line::number).containsExactly(1L, 2L, 3L);
        assertThat(lines).extracting(Line::end).containsExactly(3L, 4L, 7L);
        assertThat(lines).extracting(LineReaderTest::text).containsExactly("ab", "", "cde");
        assertThat(lines).extracting(Line::isBlank).containsExactly(false, true, false);
    }

    @Test
    void endAfterTheLastLineIsNoLine() throws IOException {
        assertThat(read("ab\n", 100)).hasSize(1);
        assertThat(read("", 100)).isEmpty();
    }

    @Test
    void carriageReturnIsWhiteSpace() throws IOException {
        assertThat(read("\r\n \t\r\nx\r\n", 100)).extracting(Line::isBlank).containsExactly(true, true, false);
    }

    @Test
    void lineThatIsTooLongIsMeasuredAndNotKept() throws IOException {
        List<Line> lines = read("x".repeat(200_000) + "\nshort\n" + "y".repeat(11), 10);

        assertThat(lines).extracting(Line::length).containsExactly(200_000L, 5L, 11L);
        assertThat(lines).extracting(Line::bytes).satisfies(bytes -> assertThat(bytes.get(0))
                .isNull());
        assertThat(text(lines.get(1))).isEqualTo("short");
        assertThat(lines.get(2).bytes()).isNull();
    }

    /** Any text, read in any pieces, from the beginning of any of its lines. */
    @Test
    void placesAreThoseOfTheFileWhereverReadingBegins() throws IOException {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 50; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(400); i >= 0; i--) {
                text.append("é".repeat(random.nextInt(random.nextInt(20) == 0 ? 40_000 : 30)))
                        .append('\n');
            }
            byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
            List<Line> all = read(new Dripping(bytes, 0, random), Integer.MAX_VALUE, 0, 1);
            Line middle = all.get(random.nextInt(all.size()));

            List<Line> rest = read(
                    new Dripping(bytes, (int) middle.end(), random),
                    Integer.MAX_VALUE,
                    middle.end(),
                    middle.number() + 1);

            assertThat(described(rest)).isEqualTo(described(all.subList((int) middle.number(), all.size())));
        }
    }

    private static List<String> described(List<Line> lines) {
        return lines.stream()
                .map(line -> line.number() + " " + line.end() + " " + text(line))
                .toList();
    }

    private static List<Line> read(String text, int longest) throws IOException {
        return read(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), longest, 0, 1);
    }

    private static List<Line> read(InputStream input, int longest, long offset, long first) throws IOException {
        LineReader reader = new LineReader(input, longest, offset, first);
        List<Line> lines = new ArrayList<>();
        for (Line line = reader.next(); line != null; line = reader.next()) {
            lines.add(line);
        }
        return lines;
    }

    private static @Nullable String text(Line line) {
        return line.bytes() == null ? null : new String(Objects.requireNonNull(line.bytes()), StandardCharsets.UTF_8);
    }

    /** Gives what it has in pieces of any size. */
    private static final class Dripping extends InputStream {

        private final byte[] bytes;
        private final Random random;
        private int position;

        private Dripping(byte[] bytes, int position, Random random) {
            this.bytes = bytes;
            this.position = position;
            this.random = random;
        }

        @Override
        public int read() {
            return position == bytes.length ? -1 : bytes[position++] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            if (position == bytes.length) {
                return -1;
            }
            int some = Math.min(Math.min(length, bytes.length - position), 1 + random.nextInt(5_000));
            System.arraycopy(bytes, position, target, offset, some);
            position += some;
            return some;
        }
    }
}
