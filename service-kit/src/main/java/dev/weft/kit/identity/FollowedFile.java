package dev.weft.kit.identity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What stands in a file that others replace while it is in use, as kubelet does with tokens. A new text that cannot be read or is wrong is told
 * in the log, and the old one goes on to hold. Thread-safe.
 */
final class FollowedFile<T> {

    private static final Logger LOG = Logger.getLogger(FollowedFile.class);

    private static final long LARGEST = 64 << 10;

    private record Read<T>(@Nullable String text, T value) {}

    private final @Nullable Path file;
    private final Function<String, T> parse;
    private volatile Read<T> last;
    private String complaint = "";

    private FollowedFile(@Nullable Path file, Function<String, T> parse, Read<T> last) {
        this.file = file;
        this.parse = parse;
        this.last = last;
    }

    /** What never changes. */
    static <T> FollowedFile<T> constant(T value) {
        return new FollowedFile<>(null, _ -> value, new Read<>(null, value));
    }

    /**
     * Reads the file; blocks.
     *
     * @param parse throws {@link IllegalArgumentException} for a text that is wrong; its message holds nothing of the text
     * @throws IllegalStateException when there is none, or it is wrong
     */
    static <T> FollowedFile<T> required(Path file, Function<String, T> parse) {
        try {
            String text = read(file);
            return new FollowedFile<>(file, parse, new Read<>(text, parse.apply(text)));
        } catch (IOException e) {
            throw new IllegalStateException(file + " cannot be read: " + e);
        }
    }

    /** Reads the file, and makes do with {@code absent} as long as there is none; blocks. */
    static <T> FollowedFile<T> optional(Path file, Function<String, T> parse, T absent) {
        FollowedFile<T> followed = new FollowedFile<>(file, parse, new Read<>(null, absent));
        followed.look();
        return followed;
    }

    private static String read(Path file) throws IOException {
        if (Files.size(file) > LARGEST) {
            throw new IOException(Files.size(file) + " bytes (expected: at most " + LARGEST + ")");
        }
        return Files.readString(file);
    }

    /** What stood there last. */
    T now() {
        return last.value();
    }

    /** Looks whether something else stands there now; blocks. */
    synchronized void look() {
        if (file == null) {
            return;
        }
        try {
            String text = read(file);
            if (!text.equals(last.text())) {
                boolean first = last.text() == null;
                last = new Read<>(text, parse.apply(text));
                LOG.infof("%s was read%s", file, first ? "" : " again: it has changed");
            }
            complaint = "";
        } catch (IOException e) {
            complain(String.valueOf(e));
        } catch (IllegalArgumentException e) {
            complain(String.valueOf(e.getMessage()));
        }
    }

    private void complain(String why) {
        if (!why.equals(complaint)) {
            complaint = why;
            LOG.warnf(
                    "%s cannot be used%s: %s", file, last.text() == null ? "" : ", so what it said before holds", why);
        }
    }
}
