package dev.weft.embedding.vectorstore.pinecone;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.weft.kit.config.Secret;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.error.Failure.TooLarge;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Deadline;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Requests to Pinecone, which are made again where that can help: after 429 and 5xx, and when the connection breaks; every request here may be
 * repeated. Thread-safe; blocks.
 *
 * @see <a href="https://docs.pinecone.io/guides/production/error-handling">Error handling</a>
 */
@Singleton
final class PineconeClient {

    private static final String VERSION = "2026-04";
    private static final int MAX_ANSWER_BYTES = 64 << 20;
    private static final int MAX_MESSAGE = 300;

    private static final int PAYMENT_REQUIRED = 402;
    private static final int CONFLICT = 409;
    private static final int PRECONDITION_FAILED = 412;
    private static final int TOO_LARGE = 413;
    private static final int TOO_MANY = 429;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final PineconeConfig config;
    private final HttpClient http;

    PineconeClient(PineconeConfig config) {
        this.config = config;
        this.http = HttpClient.newBuilder()
                .connectTimeout(config.requestTimeout())
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
    }

    /** What was answered: a status below 500 that is not 429, and JSON, which is missing when there was none. */
    record Answer(int status, JsonNode body) {
        boolean isOk() {
            return status / 100 == 2;
        }
    }

    /**
     * Makes a request and returns what a good answer holds.
     *
     * @param body null for none
     */
    JsonNode call(String method, URI uri, @Nullable JsonNode body, Deadline deadline) {
        Answer answer = ask(method, uri, body, deadline);
        if (!answer.isOk()) {
            throw failure(answer);
        }
        return answer.body();
    }

    /** Makes a request; bad answers are the caller's to judge. */
    Answer ask(String method, URI uri, @Nullable JsonNode body, Deadline deadline) {
        Secret key = config.apiKey()
                .orElseThrow(() -> new FailedPrecondition(
                        "store 'pinecone': no API key (expected: weft.embedding.pinecone.api-key)"));
        for (int attempt = 1; ; attempt++) {
            Duration pause = pause(attempt);
            Failure failure;
            try {
                HttpResponse<byte[]> response = send(method, uri, body, key, deadline);
                if (response.statusCode() != TOO_MANY && response.statusCode() < 500) {
                    return new Answer(response.statusCode(), json(response));
                }
                OptionalLong seconds = response.headers().firstValueAsLong("Retry-After");
                pause = seconds.isPresent() ? Duration.ofSeconds(seconds.getAsLong()) : pause;
                failure = response.statusCode() == TOO_MANY
                        ? new ResourceExhausted("Pinecone: 429, too many requests (expected: fewer)", pause)
                        : new Unavailable("Pinecone: " + response.statusCode() + " (expected: an answer)");
            } catch (IOException e) {
                failure = new Unavailable("Pinecone at " + uri.getHost() + ": " + reason(e) + " (expected: an answer)");
            }
            if (attempt >= config.attempts() || pause.compareTo(deadline.remaining()) >= 0) {
                throw deadline.isExpired() ? expired() : failure;
            }
            park(pause);
        }
    }

    private static DeadlineExceeded expired() {
        return new DeadlineExceeded("deadline: passed while Pinecone was asked (expected: more time)");
    }

    private static String reason(IOException e) {
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }

    private HttpResponse<byte[]> send(String method, URI uri, @Nullable JsonNode body, Secret key, Deadline deadline)
            throws IOException {
        if (deadline.isExpired()) {
            throw expired();
        }
        Duration left = deadline.remaining();
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .timeout(left.compareTo(config.requestTimeout()) < 0 ? left : config.requestTimeout())
                .header("Api-Key", key.value())
                .header("X-Pinecone-Api-Version", VERSION)
                .header("Accept", "application/json");
        if (body == null) {
            request.method(method, BodyPublishers.noBody());
        } else {
            request.header("Content-Type", "application/json")
                    .method(method, BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)));
        }
        try {
            return http.send(request.build(), BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_ANSWER_BYTES));
        } catch (HttpTimeoutException e) {
            // Its clock is not the deadline's, and may be a moment ahead.
            if (left.compareTo(config.requestTimeout()) < 0) {
                throw expired();
            }
            throw e;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new Failure.Cancelled("the client went away");
        }
    }

    /** Full jitter: many that were refused together do not come back together. */
    private Duration pause(int attempt) {
        long longest = Math.min(config.maxPause().toNanos(), config.pause().toNanos() << Math.min(20, attempt - 1));
        return Duration.ofNanos(ThreadLocalRandom.current().nextLong(longest) + 1);
    }

    private static void park(Duration pause) {
        long end = System.nanoTime() + pause.toNanos();
        for (long left; (left = end - System.nanoTime()) > 0; ) {
            LockSupport.parkNanos(left);
            if (Thread.currentThread().isInterrupted()) {
                throw new Failure.Cancelled("the client went away");
            }
        }
    }

    private static JsonNode json(HttpResponse<byte[]> response) throws IOException {
        if (response.body().length == 0) {
            return MissingNode.getInstance();
        }
        try {
            return JSON.readTree(response.body());
        } catch (JsonProcessingException _) {
            if (response.statusCode() / 100 != 2) {
                // Some refusals are plain text; the status says it all.
                return MissingNode.getInstance();
            }
            // An answer that was cut, or a proxy's: either may be better the next time.
            throw new IOException("the answer is no JSON");
        }
    }

    /** What a bad answer means to our caller. The control plane nests its message, the data plane does not. */
    static Failure failure(Answer answer) {
        JsonNode body = answer.body();
        String said =
                body.path("error").path("message").asText(body.path("message").asText(""));
        String message = "Pinecone: " + answer.status() + " "
                + (said.length() > MAX_MESSAGE ? said.substring(0, MAX_MESSAGE) : said);
        return switch (answer.status()) {
            case 401, 403 ->
                new FailedPrecondition("Pinecone: " + answer.status()
                        + " (expected: an API key that may do this, weft.embedding.pinecone.api-key)");
            case 404 -> new NotFound(message);
            case PAYMENT_REQUIRED, CONFLICT, PRECONDITION_FAILED -> new FailedPrecondition(message);
            case TOO_LARGE -> new TooLarge(message);
            default -> new InvalidArgument(message);
        };
    }
}
