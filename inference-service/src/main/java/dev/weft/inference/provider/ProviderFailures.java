package dev.weft.inference.provider;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.error.Failure.TooLarge;
import dev.weft.kit.error.Failure.Unavailable;
import java.io.IOException;
import java.time.Duration;

/** What a provider's refusal means to our caller. Stateless. */
final class ProviderFailures {

    static final int TOO_MANY = 429;

    private static final int REQUEST_TIMEOUT = 408;
    private static final int PAYMENT_REQUIRED = 402;
    private static final int NOT_FOUND = 404;
    private static final int TOO_LARGE = 413;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_MESSAGE = 300;

    /** An account without money does not get some within seconds. */
    private static final Duration SPENT = Duration.ofMinutes(1);

    private ProviderFailures() {}

    /** True when the same request may be served a moment later. */
    static boolean isPassing(int status, JsonNode body) {
        return switch (status) {
            case TOO_MANY -> !isSpent(body);
            case REQUEST_TIMEOUT -> true;
            default -> status >= 500;
        };
    }

    /** The account's quota and not its rate: OpenAI's code for it. */
    private static boolean isSpent(JsonNode body) {
        return body.path("error").path("code").asText().equals("insufficient_quota")
                || body.path("error").path("type").asText().equals("insufficient_quota");
    }

    /**
     * The failure that a status stands for.
     *
     * @param body of the answer; missing when it was no JSON
     * @param retryAfter when the provider, or else we, would try again
     */
    static Failure of(Provider provider, int status, JsonNode body, Duration retryAfter) {
        String message = "provider '" + provider.name() + "': " + status + said(body);
        return switch (status) {
            // What it says may repeat a part of the key.
            case 401, 403 ->
                new FailedPrecondition("provider '" + provider.name() + "': " + status
                        + " (expected: an API key that may do this, " + provider.key("api-key") + ")");
            case PAYMENT_REQUIRED, NOT_FOUND -> new FailedPrecondition(message);
            case TOO_LARGE -> new TooLarge(message);
            case TOO_MANY -> new ResourceExhausted(message, isSpent(body) ? SPENT : retryAfter);
            case REQUEST_TIMEOUT -> Unavailable.afterRetries(message);
            default -> {
                if (status >= 500) {
                    yield Unavailable.afterRetries(message);
                }
                // 3xx: an address that is not the API's.
                yield status >= 400
                        ? new InvalidArgument(message)
                        : new FailedPrecondition(message + " (expected: 200, from " + provider.key("base-url") + ")");
            }
        };
    }

    /** An error that comes within an answer that began well. */
    static Failure within(Provider provider, JsonNode event) {
        return Unavailable.afterRetries("provider '" + provider.name() + "': fails within its answer" + said(event));
    }

    /** OpenAI nests its message; others say it at the top, or as a plain text. */
    private static String said(JsonNode body) {
        JsonNode error = body.path("error");
        String said = error.isTextual()
                ? error.asText()
                : error.path("message").asText(body.path("message").asText(""));
        if (said.isEmpty()) {
            return "";
        }
        return ": " + (said.length() > MAX_MESSAGE ? said.substring(0, MAX_MESSAGE) + "…" : said);
    }

    /** Reads what came as JSON; missing when it is none, as a proxy's page. */
    static JsonNode json(byte[] body) {
        try {
            return JSON.readTree(body);
        } catch (JsonProcessingException _) {
            return JSON.missingNode();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
