package dev.weft.training.runtime.textclassifier.data;

import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.TooLarge;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Reads a file of labelled texts: CSV with a header, or JSON Lines, those of OpenAI's fine-tuning too. UTF-8, nothing else, since a guess would train on other words. */
public final class DataFile {

    /** Far above what a head needs; the whole file is in memory. */
    private static final long MAX_BYTES = 256L << 20;

    private DataFile() {}

    /**
     * Which columns, or fields, hold what.
     *
     * @param text of the text
     * @param label of the label
     */
    public record Columns(String text, String label) {}

    /**
     * Reads all examples, in the file's order.
     *
     * @param file {@code .csv}, {@code .tsv}, {@code .jsonl} or {@code .ndjson}
     * @throws InvalidArgument when it is something else; names the file, the line and the column
     * @throws TooLarge when it is larger than 256 MiB
     */
    public static List<LabelledText> read(Path file, Columns columns) {
        String name = file.getFileName().toString();
        String lower = name.toLowerCase(Locale.ROOT);
        String content = decode(name, bytes(file, name));
        if (lower.endsWith(".csv") || lower.endsWith(".tsv")) {
            return new CsvReader(name, content).read(columns);
        }
        if (lower.endsWith(".jsonl") || lower.endsWith(".ndjson")) {
            return JsonLinesReader.read(name, content, columns);
        }
        throw new InvalidArgument(name + ": (expected: a name that ends in .csv, .tsv, .jsonl or .ndjson)");
    }

    private static byte[] bytes(Path file, String name) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new TooLarge(name + ": " + Files.size(file) + " bytes (expected: at most " + MAX_BYTES + ")");
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new InvalidArgument(name + ": cannot be read: " + e);
        }
    }

    private static String decode(String name, byte[] bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length);
        CoderResult result = decoder.decode(in, out, true);
        String text = out.flip().toString();
        if (result.isError()) {
            Position position = Position.after(text);
            throw new InvalidArgument(name + ": " + position + ": no UTF-8 (expected: a file in UTF-8)");
        }
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    /**
     * A place in a file, for people.
     *
     * @param line from 1
     * @param column in characters, from 1
     */
    record Position(int line, int column) {

        /** The place behind that text. */
        static Position after(String text) {
            int line = 1;
            int start = 0;
            for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
                line++;
                start = end + 1;
            }
            return new Position(line, text.length() - start + 1);
        }

        @Override
        public String toString() {
            return "line " + line + ", column " + column;
        }
    }
}
