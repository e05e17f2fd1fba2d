package dev.weft.gateway.upstream;

import dev.weft.kit.error.Failure;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** Finds a gRPC call's messages in the bytes of its body, each of which a byte and a length of four precede. */
final class MessageReader {

    static final int PREFIX_BYTES = 5;

    private final long limit;
    private Buffer rest = Buffer.buffer();
    private int read;

    /**
     * @param limit bytes of a message, above which it is not taken
     */
    MessageReader(long limit) {
        this.limit = limit;
    }

    /**
     * Adds what has come.
     *
     * @throws Failure when the message that begins is over the limit, or compressed, which nobody asked for
     */
    void append(Buffer data) {
        if (read == rest.length()) {
            rest = data;
            read = 0;
        } else {
            if (read > rest.length() / 2) {
                rest = rest.getBuffer(read, rest.length());
                read = 0;
            }
            rest.appendBuffer(data);
        }
        check();
    }

    /** The next whole message; null when there is none yet. */
    byte @Nullable [] next() {
        if (!begins() || available() < length()) {
            return null;
        }
        int start = read + PREFIX_BYTES;
        int end = Math.toIntExact(start + length());
        read = end;
        byte[] message = rest.getBytes(start, end);
        check();
        return message;
    }

    /** Bytes of messages that were not taken. */
    int buffered() {
        return rest.length() - read;
    }

    private boolean begins() {
        return rest.length() - read >= PREFIX_BYTES;
    }

    private long available() {
        return (long) rest.length() - read - PREFIX_BYTES;
    }

    private long length() {
        return rest.getUnsignedInt(read + 1);
    }

    private void check() {
        if (!begins()) {
            return;
        }
        if (rest.getByte(read) != 0) {
            throw new Failure.Internal("inference-service answered a compressed message that was not asked for", null);
        }
        if (length() > limit) {
            throw new Failure.TooLarge("answer: " + length() + " bytes (expected: at most " + limit
                    + ", weft.gateway.inference.max-message)");
        }
    }
}
