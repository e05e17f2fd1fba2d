package dev.weft.gateway.batches;

import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.TooLarge;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads a multipart form while it comes: of a part's content only a buffer is in memory. Not thread-safe.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7578">RFC 7578</a>, <a href="https://www.rfc-editor.org/rfc/rfc2046#section-5.1">RFC 2046,
 *     5.1</a>
 */
final class MultipartReader {

    private static final int BUFFER_BYTES = 1 << 17;
    private static final int MAX_HEADERS = 8_192;
    private static final int MAX_VALUE = 8_192;
    private static final Pattern BOUNDARY = Pattern.compile("boundary=(?:\"([^\"]{1,70})\"|([^;\\s]{1,70}))");
    private static final Pattern NAME = Pattern.compile("(?i)[;\\s]name=(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^;\\s]*))");
    private static final Pattern FILE_NAME =
            Pattern.compile("(?i)[;\\s]filename=(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^;\\s]*))");
    private static final byte[] HEADERS_END = {'\r', '\n', '\r', '\n'};

    private final InputStream input;
    private final byte[] delimiter;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int position;
    private int filled;
    private boolean atBoundary;

    /** @throws InvalidArgument when the content type is no multipart form */
    MultipartReader(InputStream input, @Nullable String contentType) {
        Matcher boundary = BOUNDARY.matcher(contentType == null ? "" : contentType);
        if (contentType == null || !contentType.startsWith("multipart/form-data") || !boundary.find()) {
            throw new InvalidArgument(
                    "Content-Type: '" + contentType + "' (expected: multipart/form-data with a boundary)");
        }
        String text = boundary.group(1) == null ? boundary.group(2) : boundary.group(1);
        this.input = input;
        this.delimiter = ("\r\n--" + text).getBytes(StandardCharsets.UTF_8);
        // The first boundary has no line before it that ends.
        buffer[0] = '\r';
        buffer[1] = '\n';
        filled = 2;
    }

    /**
     * A part's name.
     *
     * @param fileName null for a field
     */
    record Part(String name, @Nullable String fileName) {}

    /** Takes a part's content, piece by piece. */
    @FunctionalInterface
    interface Content {
        void take(byte[] bytes, int offset, int length);
    }

    /** The next part, whose content is read next, or left out; null after the last. */
    @Nullable
    Part next() throws IOException {
        if (!atBoundary) {
            read((_, _, _) -> {});
        }
        require(2);
        if (buffer[position] == '-' && buffer[position + 1] == '-') {
            return null;
        }
        atBoundary = false;
        return part(headers());
    }

    private static Part part(String headers) {
        String disposition = headers.lines()
                .filter(line -> line.regionMatches(true, 0, "Content-Disposition:", 0, 20))
                .findFirst()
                .orElse("");
        String name = parameter(NAME, disposition);
        if (name == null) {
            throw new InvalidArgument("form: a part without a name (expected: Content-Disposition with name=)");
        }
        return new Part(name, parameter(FILE_NAME, disposition));
    }

    private static @Nullable String parameter(Pattern pattern, String disposition) {
        Matcher matcher = pattern.matcher(disposition);
        if (!matcher.find()) {
            return null;
        }
        return matcher.group(1) == null ? matcher.group(2) : matcher.group(1).replaceAll("\\\\(.)", "$1");
    }

    /** What stands between the boundary and the content, without the empty line; a part may have no headers at all. */
    private String headers() throws IOException {
        ByteArrayOutputStream headers = new ByteArrayOutputStream();
        int matched = 0;
        while (matched < HEADERS_END.length) {
            require(1);
            byte next = buffer[position++];
            headers.write(next);
            matched = next == HEADERS_END[matched] ? matched + 1 : next == HEADERS_END[0] ? 1 : 0;
            if (headers.size() > MAX_HEADERS) {
                throw new InvalidArgument("form: headers of over " + MAX_HEADERS + " bytes (expected: less)");
            }
        }
        return headers.toString(StandardCharsets.UTF_8);
    }

    /** The content of a field. */
    String value(String name) throws IOException {
        ByteArrayOutputStream value = new ByteArrayOutputStream();
        read((bytes, offset, length) -> {
            if (value.size() + length > MAX_VALUE) {
                throw new TooLarge(name + ": over " + MAX_VALUE + " bytes (expected: at most that)");
            }
            value.write(bytes, offset, length);
        });
        return value.toString(StandardCharsets.UTF_8);
    }

    /** Passes on what comes before the next boundary, and stands behind the boundary then. */
    void read(Content content) throws IOException {
        int found = find();
        while (found < 0) {
            // The end of what is here may be the beginning of a boundary.
            int sure = filled - position - delimiter.length + 1;
            if (sure > 0) {
                content.take(buffer, position, sure);
                position += sure;
            }
            fill();
            found = find();
        }
        if (found > position) {
            content.take(buffer, position, found - position);
        }
        position = found + delimiter.length;
        atBoundary = true;
    }

    private int find() {
        for (int start = position; start <= filled - delimiter.length; start++) {
            if (buffer[start] == delimiter[0] && isDelimiter(start)) {
                return start;
            }
        }
        return -1;
    }

    private boolean isDelimiter(int start) {
        return Arrays.equals(buffer, start, start + delimiter.length, delimiter, 0, delimiter.length);
    }

    private void require(int bytes) throws IOException {
        while (filled - position < bytes) {
            fill();
        }
    }

    private void fill() throws IOException {
        if (position > 0) {
            System.arraycopy(buffer, position, buffer, 0, filled - position);
            filled -= position;
            position = 0;
        }
        int some = input.read(buffer, filled, buffer.length - filled);
        if (some < 0) {
            throw new InvalidArgument("form: ends in the middle (expected: a last boundary)");
        }
        filled += some;
    }
}
