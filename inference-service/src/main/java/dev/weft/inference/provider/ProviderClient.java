package dev.weft.inference.provider;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.telemetry.MetricNames;
import dev.weft.kit.time.Deadline;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Requests to providers, which are made again where that can help: after 429, 408 and 5xx, and when the connection breaks before there is an answer.
 * That may have a provider compute, and charge, an answer that nobody gets; its number is bounded by attempts, budget and deadline. Thread-safe;
 * blocks.
 */
@Singleton
final class ProviderClient {

    private static final int MAX_ERROR_BYTES = 1 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final MeterRegistry meters;

    /** One for each time that a connection may take, since that is a client's and not a request's. */
    private final Map<Duration, HttpClient> clients = new ConcurrentHashMap<>();

    ProviderClient(MeterRegistry meters) {
        this.meters = meters;
    }

    /** An answer of status 200. Closing it gives the turn back. */
    record Answer(StreamedBody body, Provider provider) implements AutoCloseable {
        @Override
        public void close() {
            body.close();
            provider.leave();
        }
    }

    /**
     * Posts JSON; blocks until an answer begins.
     *
     * @param path below the provider's base URL
     * @return to be closed
     * @throws Failure when there is none; says who failed, and how
     */
    Answer post(Provider provider, String path, ObjectNode body, Deadline deadline) {
        provider.enter(deadline);
        try {
            return new Answer(attempts(provider, path, body, deadline), provider);
        } catch (Throwable e) {
            provider.leave();
            throw e;
        }
    }

    private StreamedBody attempts(Provider provider, String path, ObjectNode body, Deadline deadline) {
        provider.retries().deposit();
        for (int attempt = 1; ; attempt++) {
            Duration pause = provider.backoff().after(attempt);
            Failure failure;
            try {
                HttpResponse<StreamedBody> response = send(provider, path, body, deadline);
                count(provider, Integer.toString(response.statusCode()));
                if (response.statusCode() == 200) {
                    return response.body();
                }
                JsonNode said = refusal(response.body());
                Duration asked = retryAfter(response.headers()).orElse(pause);
                failure = ProviderFailures.of(provider, response.statusCode(), said, asked);
                if (!ProviderFailures.isPassing(response.statusCode(), said)
                        || asked.compareTo(provider.backoff().longest()) > 0) {
                    throw failure;
                }
                pause = asked;
            } catch (HttpConnectTimeoutException _) {
                count(provider, "none");
                failure = unavailable(provider, "no connection within " + provider.connectTimeout());
            } catch (HttpTimeoutException _) {
                count(provider, "none");
                // Whoever has thought for so long would do so again.
                throw deadline.isExpired()
                        ? expired(provider)
                        : unavailable(provider, "silent for " + provider.answerTimeout());
            } catch (IOException e) {
                count(provider, "none");
                failure = unavailable(provider, reason(e));
            }
            if (attempt >= provider.attempts()
                    || pause.compareTo(deadline.remaining()) >= 0
                    || !provider.retries().withdraw()) {
                throw deadline.isExpired() ? expired(provider) : failure;
            }
            park(pause);
        }
    }

    private HttpResponse<StreamedBody> send(Provider provider, String path, ObjectNode body, Deadline deadline)
            throws IOException {
        Duration left = deadline.remaining();
        if (left.isZero()) {
            throw expired(provider);
        }
        // In the clear Java asks to upgrade to HTTP/2, and Python's servers lose the body of such a request.
        HttpRequest.Builder request = HttpRequest.newBuilder(provider.uri(path))
                .timeout(left.compareTo(provider.answerTimeout()) < 0 ? left : provider.answerTimeout())
                .version(provider.isTls() ? HttpClient.Version.HTTP_2 : HttpClient.Version.HTTP_1_1)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(bytes(body)));
        provider.apiKey().ifPresent(key -> request.header("Authorization", "Bearer " + key.value()));
        try {
            return clients.computeIfAbsent(provider.connectTimeout(), ProviderClient::client)
                    .send(request.build(), _ -> new StreamedBody(provider.name(), deadline, provider.answerTimeout()));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new Cancelled("the client went away");
        }
    }

    /** Redirects are not followed: they would carry the key to somebody else. */
    private static HttpClient client(Duration connectTimeout) {
        return HttpClient.newBuilder()
                .connectTimeout(connectTimeout)
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
    }

    private static byte[] bytes(ObjectNode body) {
        try {
            return JSON.writeValueAsBytes(body);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static JsonNode refusal(StreamedBody body) {
        try (body) {
            return ProviderFailures.json(body.readAll(MAX_ERROR_BYTES));
        } catch (Unavailable _) {
            return ProviderFailures.json(new byte[0]); // the status says enough
        }
    }

    /** In seconds, or OpenAI's in milliseconds; a date is nobody's but HTTP's. */
    private static Optional<Duration> retryAfter(HttpHeaders headers) {
        return number(headers, "retry-after-ms").map(Duration::ofMillis).or(() -> number(headers, "retry-after")
                .map(Duration::ofSeconds));
    }

    private static Optional<Long> number(HttpHeaders headers, String name) {
        return headers.firstValue(name)
                .filter(value -> value.matches("\\d{1,9}"))
                .map(Long::valueOf);
    }

    private static Unavailable unavailable(Provider provider, String why) {
        return Unavailable.afterRetries("provider '" + provider.name() + "': " + why + " (expected: an answer)");
    }

    private static DeadlineExceeded expired(Provider provider) {
        return new DeadlineExceeded("deadline passed while provider '" + provider.name() + "' had the request");
    }

    private static String reason(IOException e) {
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }

    private void count(Provider provider, String status) {
        Counter.builder(MetricNames.PROVIDER_REQUESTS)
                .description("Requests to providers, each attempt, by HTTP's status")
                .tags("provider", provider.name(), "status", status)
                .register(meters)
                .increment();
    }

    private static void park(Duration pause) {
        Deadline end = Deadline.after(pause);
        while (!end.isExpired()) {
            LockSupport.parkNanos(end.remaining().toNanos());
            if (Thread.currentThread().isInterrupted()) {
                throw new Cancelled("the client went away");
            }
        }
    }
}
