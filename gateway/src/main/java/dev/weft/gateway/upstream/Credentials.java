package dev.weft.gateway.upstream;

import io.quarkus.tls.TlsConfiguration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * By what replicas of inference-service know this gateway, and it them.
 *
 * @param shown the {@code authorization} header of each call; null when there is nothing to show
 * @param tls null for plain text
 */
record Credentials(
        Supplier<@Nullable String> shown, @Nullable TlsConfiguration tls) {

    @Nullable
    String authorization() {
        return shown.get();
    }

    boolean isTls() {
        return tls != null;
    }
}
