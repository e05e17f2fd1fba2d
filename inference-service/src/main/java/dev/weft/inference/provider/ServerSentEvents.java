package dev.weft.inference.provider;

import dev.weft.kit.error.Failure.Unavailable;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;

/**
 * Reads the data of server-sent events; names, ids and comments are of no use here. For one thread.
 *
 * @see <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation">Interpreting an event stream</a>
 */
final class ServerSentEvents {

    /** Of one event: far more than a piece of a text has. */
    private static final int MAX_EVENT = 4 << 20;

    private static final String DATA = "data";

    private final StreamedBody body;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private final StringBuilder data = new StringBuilder();
    private final Queue<String> events = new ArrayDeque<>();
    private boolean afterReturn;

    ServerSentEvents(StreamedBody body) {
        this.body = body;
    }

    /**
     * The data of the next event; empty at the end of the stream. Blocks until there is one.
     *
     * @throws dev.weft.kit.error.Failure as {@link StreamedBody#next}
     */
    Optional<String> next() {
        while (events.isEmpty()) {
            Optional<byte[]> bytes = body.next();
            if (bytes.isEmpty()) {
                return Optional.empty(); // what has no empty line behind it is no event
            }
            for (byte value : bytes.get()) {
                take(value);
            }
        }
        return Optional.of(events.remove());
    }

    private void take(byte value) {
        boolean pair = afterReturn && value == '\n';
        afterReturn = value == '\r';
        if (pair) {
            return;
        }
        if (value == '\n' || value == '\r') {
            endLine();
            return;
        }
        if (line.size() + data.length() >= MAX_EVENT) {
            throw Unavailable.afterRetries("an event of more than " + MAX_EVENT + " bytes");
        }
        line.write(value);
    }

    private void endLine() {
        String text = line.toString(StandardCharsets.UTF_8);
        line.reset();
        if (text.isEmpty()) {
            if (!data.isEmpty()) {
                data.setLength(data.length() - 1); // the last line's end is none of it
                events.add(data.toString());
                data.setLength(0);
            }
            return;
        }
        int colon = text.indexOf(':');
        if ((colon < 0 ? text : text.substring(0, colon)).equals(DATA)) {
            String value = colon < 0 ? "" : text.substring(colon + 1);
            data.append(value.startsWith(" ") ? value.substring(1) : value).append('\n');
        }
    }
}
