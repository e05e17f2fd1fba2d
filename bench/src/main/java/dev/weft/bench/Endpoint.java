package dev.weft.bench;

import io.grpc.Metadata;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Where a service listens, and how many requests have been sent there.
 *
 * @param service its name
 * @param address host and port
 * @param secret file with what its callers have to show; null when it takes everybody
 */
record Endpoint(
        String service,
        String address,
        LongAdder sent,
        @Nullable Path secret) {

    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    Endpoint(String service, int port, @Nullable Path secret) {
        this(service, "127.0.0.1:" + port, new LongAdder(), secret);
    }

    /** What every call has to carry. */
    Metadata headers() {
        Metadata headers = new Metadata();
        // A user's own way to let services know each other leaves the launcher's file unmade.
        if (secret != null && Files.exists(secret)) {
            try {
                headers.put(AUTHORIZATION, "Bearer " + Files.readString(secret).strip());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return headers;
    }
}
