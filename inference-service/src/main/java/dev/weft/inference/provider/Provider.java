package dev.weft.inference.provider;

import dev.weft.inference.provider.ProvidersConfig.ProviderConfig;
import dev.weft.kit.config.Secret;
import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.rpc.RetryBudget;
import dev.weft.kit.time.Backoff;
import dev.weft.kit.time.Deadline;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A provider as it is configured, and how much is asked of it just now. Thread-safe. */
final class Provider {

    static final String MAX_TOKENS = "max_tokens";

    private static final Duration FULL_RETRY = Duration.ofSeconds(1);

    private final String name;
    private final ProviderConfig config;
    private final URI baseUrl;
    private final String tokenLimitField;
    private final Semaphore turns;
    private final RetryBudget retries = new RetryBudget();

    /** @throws FailedPrecondition when what is configured is no address, or an API key would be readable by others; names the key */
    Provider(String name, ProviderConfig config) {
        Optional<WellKnownProvider> known = WellKnownProvider.of(name);
        this.name = name;
        this.config = config;
        this.baseUrl = checked(config.baseUrl()
                .or(() -> known.map(WellKnownProvider::baseUrl))
                .orElseThrow(() -> refused("base-url", "missing", "an address, as https://api.example.com/v1")));
        this.tokenLimitField = config.tokenLimitField()
                .or(() -> known.map(WellKnownProvider::tokenLimitField))
                .orElse(MAX_TOKENS);
        this.turns = new Semaphore(config.maxConcurrent(), true);
    }

    private URI checked(URI url) {
        String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
        if (!List.of("https", "http").contains(scheme)
                || url.getHost() == null
                || url.getRawUserInfo() != null
                || url.getRawQuery() != null
                || url.getRawFragment() != null) {
            // Not repeated: somebody may have put a key into it.
            throw refused("base-url", "another kind of address", "http or https, a host and a path");
        }
        if (scheme.equals("http") && config.apiKey().isPresent() && !config.plainText() && !isLoopback(url)) {
            throw refused(
                    "base-url", "http, and an API key", "https, or plain-text=true within a network of one's own");
        }
        return url;
    }

    private static boolean isLoopback(URI url) {
        return List.of("127.0.0.1", "localhost", "[::1]").contains(url.getHost());
    }

    private FailedPrecondition refused(String key, String came, String expected) {
        return new FailedPrecondition(key(key) + ": " + came + " (expected: " + expected + ")");
    }

    /** What a setting of this provider is called. */
    String key(String setting) {
        return "weft.inference.providers." + name + "." + setting;
    }

    String name() {
        return name;
    }

    /** Where a path of OpenAI's protocol is. */
    URI uri(String path) {
        String base = baseUrl.toString();
        return URI.create((base.endsWith("/") ? base : base + "/") + path);
    }

    boolean isTls() {
        return baseUrl.getScheme().equalsIgnoreCase("https");
    }

    Optional<Secret> apiKey() {
        return config.apiKey();
    }

    /** Whether it cannot answer: only a server of one's own, whose address is configured, may need no key. */
    boolean lacksKey() {
        return config.apiKey().isEmpty() && config.baseUrl().isEmpty();
    }

    String tokenLimitField() {
        return tokenLimitField;
    }

    int batchSize() {
        return config.batchSize();
    }

    Duration connectTimeout() {
        return config.connectTimeout();
    }

    Duration answerTimeout() {
        return config.answerTimeout();
    }

    int attempts() {
        return config.attempts();
    }

    Backoff backoff() {
        return new Backoff(config.firstBackoff(), config.longestBackoff());
    }

    /** Of all requests to it, those that may be made once more. */
    RetryBudget retries() {
        return retries;
    }

    /**
     * Takes a turn; blocks until there is one. To be given back by {@link #leave}.
     *
     * @throws ResourceExhausted when there is none for too long, or as many as have one wait already
     */
    void enter(Deadline deadline) {
        if (turns.getQueueLength() >= config.maxConcurrent()) {
            throw full();
        }
        Duration left = deadline.remaining();
        Duration wait = left.compareTo(config.queueWait()) < 0 ? left : config.queueWait();
        try {
            if (!turns.tryAcquire(wait.toNanos(), TimeUnit.NANOSECONDS)) {
                if (deadline.isExpired()) {
                    throw new DeadlineExceeded("deadline passed while the request waited for provider '" + name + "'");
                }
                throw full();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new Cancelled("the client went away");
        }
    }

    private ResourceExhausted full() {
        return new ResourceExhausted(
                "provider '" + name + "': " + config.maxConcurrent()
                        + " requests in flight already (expected: fewer, or more of " + key("max-concurrent") + ")",
                FULL_RETRY);
    }

    void leave() {
        turns.release();
    }
}
