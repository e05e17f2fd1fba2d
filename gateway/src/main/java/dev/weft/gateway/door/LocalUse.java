package dev.weft.gateway.door;

import io.vertx.core.http.HttpServerRequest;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Whether a request without a key comes from a user of this machine, as far as it tells. A web page of somebody else's, opened in a browser here,
 * can send requests to loopback too: they say where the page is from, or ask for a name that is not this machine's. What a proxy passes on comes
 * from elsewhere.
 */
final class LocalUse {

    private LocalUse() {}

    static boolean isLikely(HttpServerRequest request) {
        String host = request.authority() == null ? null : request.authority().host();
        String origin = request.getHeader("Origin");
        return isLocal(host)
                && (origin == null || isLocal(host(origin)))
                && !request.headers().contains("X-Forwarded-For")
                && !request.headers().contains("Forwarded");
    }

    /** The host of an origin, which is {@code scheme://host:port}, or {@code null} as a word. */
    static @Nullable String host(String origin) {
        int scheme = origin.indexOf("://");
        if (scheme < 0) {
            return null;
        }
        String rest = origin.substring(scheme + 3);
        if (rest.startsWith("[")) {
            return rest.substring(0, rest.indexOf(']') + 1);
        }
        int colon = rest.indexOf(':');
        return colon < 0 ? rest : rest.substring(0, colon);
    }

    static boolean isLocal(@Nullable String host) {
        if (host == null) {
            return false;
        }
        String name = host.toLowerCase(Locale.ROOT);
        return name.equals("localhost")
                || name.endsWith(".localhost")
                || name.equals("::1")
                || name.equals("[::1]")
                || isLoopback4(name);
    }

    /** {@code 127.} and three numbers: a name such as {@code 127.0.0.1.example.com} is somebody else's. */
    private static boolean isLoopback4(String name) {
        return name.startsWith("127.") && name.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'));
    }
}
