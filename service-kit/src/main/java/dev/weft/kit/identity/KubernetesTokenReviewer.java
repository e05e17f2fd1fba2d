package dev.weft.kit.identity;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.PemTrustOptions;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks the API server of Kubernetes. Every review is one request, made once. Thread-safe.
 *
 * @see <a href="https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/">TokenReview</a>
 */
final class KubernetesTokenReviewer implements TokenReviewer {

    private static final String PATH = "/apis/authentication.k8s.io/v1/tokenreviews";
    private static final int MOST_CONNECTIONS = 4;
    private static final int MOST_WAITING = 64;
    private static final int LARGEST_ANSWER = 256 << 10;
    private static final int LONGEST_REASON = 200;

    private record Connected(String authority, HttpClient client) {}

    private final Vertx vertx;
    private final URI server;
    private final String audience;
    private final Duration timeout;
    private final FollowedFile<String> token;
    private final FollowedFile<String> authority;
    private @Nullable Connected connected;

    /**
     * @param server {@code https://host:port}
     * @param audience whom tokens must be meant for
     * @param token what this service shows to the API server
     * @param authority certificates, in PEM, of whoever signed the API server's
     */
    KubernetesTokenReviewer(
            Vertx vertx,
            URI server,
            String audience,
            Duration timeout,
            FollowedFile<String> token,
            FollowedFile<String> authority) {
        this.vertx = vertx;
        this.server = server;
        this.audience = audience;
        this.timeout = timeout;
        this.token = token;
        this.authority = authority;
    }

    @Override
    public CompletableFuture<Review> review(String reviewed) {
        JsonObject review = new JsonObject()
                .put("apiVersion", "authentication.k8s.io/v1")
                .put("kind", "TokenReview")
                .put("spec", new JsonObject().put("token", reviewed).put("audiences", new JsonArray().add(audience)));
        RequestOptions request = new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setHost(server.getHost())
                .setPort(port())
                .setSsl(isTls())
                .setURI(PATH)
                .setTimeout(timeout.toMillis())
                .putHeader("authorization", TokenVerifier.BEARER + token.now())
                .putHeader("content-type", "application/json")
                .putHeader("accept", "application/json");
        CompletableFuture<Review> answer = new CompletableFuture<>();
        // Nested, so that the answer has its handlers before the event loop brings its body, however slowly this thread
        // goes on.
        client().request(request)
                .compose(made -> made.send(review.toBuffer()).compose(this::read))
                .onComplete(done ->
                        answer.complete(done.succeeded() ? done.result() : new NoAnswer(server + ": " + done.cause())));
        // The time limit of the request is one of silence.
        return answer.completeOnTimeout(
                new NoAnswer(server + " has not answered within " + timeout.toMillis() + " ms"),
                timeout.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    private int port() {
        return server.getPort() >= 0 ? server.getPort() : isTls() ? 443 : 80;
    }

    private boolean isTls() {
        return "https".equals(server.getScheme());
    }

    /** The client, made anew when another authority signs for the API server. */
    private synchronized HttpClient client() {
        String current = authority.now();
        Connected now = connected;
        if (now == null || !now.authority().equals(current)) {
            if (now != null) {
                Future<Void> _ = now.client().close();
            }
            HttpClientOptions options = new HttpClientOptions()
                    .setMaxPoolSize(MOST_CONNECTIONS)
                    .setMaxWaitQueueSize(MOST_WAITING)
                    .setConnectTimeout((int) timeout.toMillis());
            if (!current.isEmpty()) {
                options.setTrustOptions(new PemTrustOptions().addCertValue(Buffer.buffer(current)));
            }
            now = new Connected(current, vertx.createHttpClient(options));
            connected = now;
        }
        return now.client();
    }

    private Future<Review> read(HttpClientResponse response) {
        Promise<Review> review = Promise.promise();
        Buffer body = Buffer.buffer();
        response.exceptionHandler(review::tryFail);
        response.handler(part -> {
            if (body.length() + part.length() <= LARGEST_ANSWER) {
                body.appendBuffer(part);
            } else if (review.tryComplete(new NoAnswer(server + ": an answer of over " + LARGEST_ANSWER + " bytes"))) {
                boolean _ = response.request().reset();
            }
        });
        response.endHandler(_ -> review.tryComplete(review(response.statusCode(), body)));
        return review.future();
    }

    private Review review(int status, Buffer body) {
        if (status == 401 || status == 403) {
            return new NoAnswer(server + " does not let this service review tokens (HTTP " + status
                    + "): its service account needs the cluster role system:auth-delegator");
        }
        if (status != 200 && status != 201) {
            return new NoAnswer(server + ": HTTP " + status);
        }
        try {
            JsonObject said = new JsonObject(body).getJsonObject("status", new JsonObject());
            if (!Boolean.TRUE.equals(said.getBoolean("authenticated", false))) {
                String why = said.getString("error", "");
                return new Invalid(why.substring(0, Math.min(why.length(), LONGEST_REASON)));
            }
            // A server that does not know of audiences names none, and has then not looked whom the token is meant for.
            if (!said.getJsonArray("audiences", new JsonArray()).contains(audience)) {
                return new Invalid("its audience is not " + audience);
            }
            return new Valid(said.getJsonObject("user", new JsonObject()).getString("username", ""));
        } catch (DecodeException | ClassCastException e) {
            return new NoAnswer(server + ": an answer that is no TokenReview ("
                    + e.getClass().getSimpleName() + ")");
        }
    }
}
