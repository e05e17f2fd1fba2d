package dev.weft.training.backend.local;

import dev.weft.training.backend.OutputPiece;
import dev.weft.training.job.RunOutput;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A run's two files of output, read in pieces. A cursor is {@code OFFSET OFFSET}, of standard output and standard error. */
final class OutputFile {

    private static final int PIECE_BYTES = 256 * 1024;
    private static final int LONGEST_LINE_BYTES = 64 * 1024;

    private OutputFile() {}

    /**
     * A piece of both.
     *
     * @param ended nobody writes any more: a last line without its line break is one too
     */
    static OutputPiece read(Path folder, String cursor, boolean ended) throws IOException {
        String[] offsets = cursor.isEmpty() ? new String[] {"0", "0"} : cursor.split(" ");
        List<RunOutput.Line> lines = new ArrayList<>();
        Piece out = piece(folder, RunFolder.STDOUT, Long.parseLong(offsets[0]), ended, lines);
        Piece err = piece(folder, RunFolder.STDERR, Long.parseLong(offsets[1]), ended, lines);
        return new OutputPiece(lines, out.next + " " + err.next, out.more || err.more);
    }

    private record Piece(long next, boolean more) {}

    /** Whole lines only, since the rest of a line may still come; but one that is far too long is given in parts. */
    private static Piece piece(Path folder, String stream, long offset, boolean ended, List<RunOutput.Line> lines)
            throws IOException {
        Path path = folder.resolve(stream);
        if (!Files.exists(path)) {
            return new Piece(offset, false);
        }
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            long size = file.length();
            byte[] bytes = new byte[Math.clamp(size - offset, 0, PIECE_BYTES)];
            file.seek(offset);
            file.readFully(bytes);
            int used = 0;
            for (int i = 0; i < bytes.length; i++) {
                if (bytes[i] == '\n' || i - used >= LONGEST_LINE_BYTES) {
                    int end = i > used && bytes[i] == '\n' && bytes[i - 1] == '\r' ? i - 1 : i;
                    lines.add(new RunOutput.Line(stream, new String(bytes, used, end - used, StandardCharsets.UTF_8)));
                    used = bytes[i] == '\n' ? i + 1 : i;
                }
            }
            if (ended && used < bytes.length && offset + bytes.length == size) {
                lines.add(new RunOutput.Line(
                        stream, new String(bytes, used, bytes.length - used, StandardCharsets.UTF_8)));
                used = bytes.length;
            }
            return new Piece(offset + used, used > 0 && offset + used < size);
        }
    }

    /** What is at the end of a file that nobody writes any more. */
    static List<String> lastLines(Path path, int bytes) throws IOException {
        if (!Files.exists(path)) {
            return List.of();
        }
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            long size = file.length();
            long from = Math.max(0, size - bytes);
            byte[] end = new byte[(int) (size - from)];
            file.seek(from);
            file.readFully(end);
            List<String> lines = new String(end, StandardCharsets.UTF_8).lines().toList();
            return from > 0 && !lines.isEmpty() ? lines.subList(1, lines.size()) : lines;
        }
    }
}
