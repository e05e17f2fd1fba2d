package dev.weft.embedding.batch;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Lines of a stream with their places. A line that is too long is read to its end and not kept, so memory is bounded whatever comes. Lines end
 * with LF; a CR before it belongs to the line, and is white space to JSON. Not thread-safe.
 */
final class LineReader {

    private static final int BUFFER_BYTES = 1 << 16;

    private final InputStream input;
    private final int longest;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private byte[] line = new byte[BUFFER_BYTES];
    private int filled;
    private int position;
    private long offset;
    private long number;

    /**
     * A reader of lines.
     *
     * @param offset where in the file the stream begins
     * @param firstLine what number its first line has
     */
    LineReader(InputStream input, int longest, long offset, long firstLine) {
        this.input = input;
        this.longest = longest;
        this.offset = offset;
        this.number = firstLine - 1;
    }

    /**
     * A line.
     *
     * @param number in the file, counted from 1
     * @param end where the next one begins
     * @param length in bytes, without its end
     * @param bytes the line's; null when it is too long
     */
    record Line(long number, long end, long length, byte @Nullable [] bytes) {

        /** True for what is no row: white space only. */
        boolean isBlank() {
            if (bytes == null) {
                return false;
            }
            for (byte value : bytes) {
                if (value != ' ' && value != '\t' && value != '\r') {
                    return false;
                }
            }
            return true;
        }
    }

    /** The next line; null after the last. */
    @Nullable
    Line next() throws IOException {
        long length = 0;
        while (true) {
            if (position == filled && !fill()) {
                return length == 0 ? null : line(length);
            }
            int end = position;
            while (end < filled && buffer[end] != '\n') {
                end++;
            }
            int some = end - position;
            keep(length, some);
            length += some;
            offset += some;
            position = end;
            if (end < filled) {
                position++;
                offset++;
                return line(length);
            }
        }
    }

    private boolean fill() throws IOException {
        position = 0;
        filled = Math.max(0, input.read(buffer, 0, BUFFER_BYTES));
        return filled > 0;
    }

    private void keep(long length, int some) {
        if (length + some > longest) {
            return;
        }
        int needed = (int) length + some;
        if (needed > line.length) {
            line = Arrays.copyOf(line, Math.max(needed, Math.min(longest, 2 * line.length)));
        }
        System.arraycopy(buffer, position, line, (int) length, some);
    }

    private Line line(long length) {
        number++;
        return new Line(number, offset, length, length > longest ? null : Arrays.copyOf(line, (int) length));
    }
}
