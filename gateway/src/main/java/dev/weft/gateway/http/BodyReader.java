package dev.weft.gateway.http;

import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.TooLarge;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** Reads request bodies into memory, up to the configured limit. */
@Singleton
public final class BodyReader {

    private static final int SHORT = 1024;

    private final int limit;

    BodyReader(HttpConfig config) {
        this.limit = Math.toIntExact(config.maxBody().asLongValue());
    }

    /**
     * The whole body.
     *
     * @throws TooLarge when there is more than the limit
     * @throws InvalidArgument when the client breaks off
     */
    public byte[] read(InputStream body) {
        // Most bodies are short texts: InputStream.readNBytes would take 16 KiB for each.
        byte[] bytes = new byte[SHORT];
        int length = 0;
        try {
            int read = body.read(bytes, length, bytes.length - length);
            while (read >= 0) {
                length += read;
                if (length > limit) {
                    throw new TooLarge("body: over " + limit + " bytes (expected: at most " + limit + ")");
                }
                if (length == bytes.length) {
                    bytes = Arrays.copyOf(bytes, (int) Math.min(2L * length, limit + 1L));
                }
                read = body.read(bytes, length, bytes.length - length);
            }
            return Arrays.copyOf(bytes, length);
        } catch (IOException e) {
            throw new InvalidArgument("body: " + e.getMessage());
        }
    }
}
