package dev.weft.gateway.upstream;

import dev.weft.gateway.routing.Replica;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import org.jspecify.annotations.Nullable;

/**
 * Begins calls from one event loop.
 *
 * @param http its connections
 * @param credentials what every call shows
 */
record ReplicaClient(HttpClient http, Credentials credentials) {

    /** A stream to the replica, on which nothing is said yet. */
    Future<HttpClientRequest> request(Replica replica, String path) {
        return http.request(UpstreamHeaders.options(replica, path, credentials));
    }

    /** Writes what a call begins with; see {@link UpstreamHeaders#write}. */
    void write(UpstreamCall.Request said, @Nullable String model, MultiMap headers) {
        UpstreamHeaders.write(said, model, credentials, headers);
    }
}
