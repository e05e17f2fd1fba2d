package dev.weft.gateway.http;

import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.TooLarge;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;

/** Reads request bodies into memory, up to the configured limit. */
@Singleton
public final class BodyReader {

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
        try {
            byte[] bytes = body.readNBytes(limit);
            if (bytes.length == limit && body.read() >= 0) {
                throw new TooLarge("body: over " + limit + " bytes (expected: at most " + limit + ")");
            }
            return bytes;
        } catch (IOException e) {
            throw new InvalidArgument("body: " + e.getMessage());
        }
    }
}
