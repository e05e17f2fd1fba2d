package dev.weft.gateway.http;

import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.TooLarge;
import dev.weft.kit.rpc.RequestId;
import dev.weft.kit.telemetry.LogKeys;
import io.quarkus.vertx.http.runtime.VertxHttpRecorder;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.regex.Pattern;
import org.jboss.logging.MDC;
import org.jspecify.annotations.Nullable;

/** Runs before every REST request: gives it an id, a deadline and a priority, and refuses a body over the limit before it is read. */
@Singleton
final class RestCallFilter {

    /** Before authentication and routing; Quarkus' own handlers are below 100. */
    private static final int PRIORITY = 1_000;

    /** Their bodies are passed on as they come; whoever keeps them has a limit. */
    private static final String FILES = "/v1/files";

    private static final Pattern ARTEFACTS = Pattern.compile("/api/v1/training/worker/runs/[^/]+/files");

    private final HttpConfig config;

    RestCallFilter(HttpConfig config) {
        this.config = config;
    }

    void register(@Observes Filters filters) {
        filters.register(this::handle, PRIORITY);
    }

    private void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (ErrorForm.of(context.normalizedPath()) == null) {
            context.next();
            return;
        }
        RequestId id = RequestId.ofClient(request.getHeader(RequestId.HEADER));
        context.response().putHeader(RequestId.HEADER, id.value());
        MDC.put(LogKeys.REQUEST_ID, id.value());
        try {
            if (!isStreamed(request.method(), context.normalizedPath())) {
                checkLength(request.getHeader(HttpHeaders.CONTENT_LENGTH));
            }
            RestCall.attach(
                    context,
                    id,
                    RestCall.deadline(request.getHeader(RestCall.TIMEOUT_HEADER), config),
                    Priority.ofHeader(request.getHeader(Priority.HEADER)));
        } catch (Failure failure) {
            HttpFailures.answer(context, failure);
            return;
        }
        // BodyReader enforces the limit on bodies that tell no length, and answers in the protocol's form; Quarkus
        // would not.
        context.remove(VertxHttpRecorder.MAX_REQUEST_SIZE_KEY);
        context.next();
    }

    private static boolean isStreamed(HttpMethod method, String path) {
        return path.equals(FILES)
                || (method.equals(HttpMethod.PUT) && ARTEFACTS.matcher(path).matches());
    }

    private void checkLength(@Nullable String header) {
        if (header == null) {
            return;
        }
        long length;
        try {
            length = Long.parseLong(header);
        } catch (NumberFormatException _) {
            throw new InvalidArgument("Content-Length: '" + header + "' (expected: a number of bytes)");
        }
        long limit = config.maxBody().asLongValue();
        if (length > limit) {
            throw new TooLarge("body: " + length + " bytes (expected: at most " + limit + ")");
        }
    }
}
