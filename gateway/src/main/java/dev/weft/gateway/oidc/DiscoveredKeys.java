package dev.weft.gateway.oidc;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.PemTrustOptions;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.lang.JoseException;

/**
 * Asks the issuer where its keys are, and fetches them there. Follows no redirect. Thread-safe.
 *
 * @see <a href="https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig">OpenID Connect Discovery, section 4</a>
 */
final class DiscoveredKeys implements KeySource {

    private static final String PATH = "/.well-known/openid-configuration";
    private static final int LARGEST_ANSWER = 256 << 10;
    private static final int MOST_WAITING = 4;

    private final String issuer;
    private final Duration timeout;
    private final HttpClient client;

    /** Of the issuer whose certificate is of the file's authorities, or of the system's. */
    DiscoveredKeys(Vertx vertx, String issuer, Duration timeout, Optional<Path> caFile) {
        this.issuer = issuer;
        this.timeout = timeout;
        HttpClientOptions options = new HttpClientOptions()
                .setMaxPoolSize(1)
                .setMaxWaitQueueSize(MOST_WAITING)
                .setConnectTimeout((int) timeout.toMillis());
        caFile.ifPresent(file -> options.setTrustOptions(new PemTrustOptions().addCertPath(file.toString())));
        this.client = vertx.createHttpClient(options);
    }

    @Override
    public CompletableFuture<List<PublicJsonWebKey>> fetch() {
        String base = issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer;
        return get(URI.create(base + PATH))
                .compose(document -> get(keysAddress(document)))
                .map(DiscoveredKeys::keys)
                .toCompletionStage()
                .toCompletableFuture()
                // The time limit of a request is one of silence.
                .orTimeout(2 * timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    private URI keysAddress(Buffer document) {
        JsonObject said = new JsonObject(document);
        String by = said.getString("issuer", "");
        if (!by.equals(issuer)) {
            throw new IllegalStateException(
                    "its discovery document is of the issuer '" + by + "' (expected: the same)");
        }
        URI keys = URI.create(said.getString("jwks_uri", ""));
        Terms.requireSafe(keys);
        return keys;
    }

    private Future<Buffer> get(URI address) {
        boolean tls = "https".equals(address.getScheme());
        String query = address.getRawQuery() == null ? "" : "?" + address.getRawQuery();
        RequestOptions request = new RequestOptions()
                .setMethod(HttpMethod.GET)
                .setHost(address.getHost())
                .setPort(address.getPort() >= 0 ? address.getPort() : tls ? 443 : 80)
                .setSsl(tls)
                .setURI(address.getRawPath() + query)
                .setTimeout(timeout.toMillis())
                .putHeader("accept", "application/json");
        // Nested, so that the answer has its handlers before the event loop brings its body.
        return client.request(request).compose(made -> made.send().compose(response -> body(address, response)));
    }

    private static Future<Buffer> body(URI address, HttpClientResponse response) {
        if (response.statusCode() != 200) {
            response.exceptionHandler(_ -> {});
            boolean _ = response.request().reset();
            return Future.failedFuture(address + " answered HTTP " + response.statusCode());
        }
        Promise<Buffer> whole = Promise.promise();
        Buffer body = Buffer.buffer();
        response.exceptionHandler(whole::tryFail);
        response.handler(part -> {
            if (body.length() + part.length() <= LARGEST_ANSWER) {
                body.appendBuffer(part);
            } else if (whole.tryFail(address + " answered more than " + LARGEST_ANSWER + " bytes")) {
                boolean _ = response.request().reset();
            }
        });
        response.endHandler(_ -> whole.tryComplete(body));
        return whole.future();
    }

    /** Those that signatures are checked with. What has no public half, a shared secret, is none. */
    static List<PublicJsonWebKey> keys(Buffer document) {
        try {
            List<PublicJsonWebKey> keys = new ArrayList<>();
            for (JsonWebKey key : new JsonWebKeySet(document.toString()).getJsonWebKeys()) {
                if (key instanceof PublicJsonWebKey shown && !"enc".equals(key.getUse())) {
                    keys.add(shown);
                }
            }
            if (keys.isEmpty()) {
                throw new IllegalStateException("its key set has no key for signatures");
            }
            return keys;
        } catch (JoseException e) {
            throw new IllegalStateException("its key set cannot be read: " + e.getMessage(), e);
        }
    }
}
