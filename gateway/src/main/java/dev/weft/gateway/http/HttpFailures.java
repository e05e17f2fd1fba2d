package dev.weft.gateway.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.GrpcFailures;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import java.util.Map;
import java.util.Objects;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jspecify.annotations.Nullable;

/** The one translation of failures to HTTP: status, headers, and a body in the form of the path's protocol. */
public final class HttpFailures {

    private static final Logger LOG = Logger.getLogger(HttpFailures.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What nginx calls a client that went away; nobody reads it but logs and metrics. */
    private static final int CLIENT_CLOSED_REQUEST = 499;

    private static final long SMALL_BODY = 64 << 10;

    /** How to ask again, RFC 6750. */
    private static final String CHALLENGE = "Bearer realm=\"weft\"";

    /** Whether the path is one of REST's. */
    public static boolean isOurs(String path) {
        return ErrorForm.of(path) != null;
    }

    /** The status of a failure. */
    static int status(Failure failure) {
        return switch (failure) {
            case Failure.InvalidArgument _, Failure.FailedPrecondition _ -> 400;
            case Failure.Unauthenticated _ -> 401;
            case Failure.PermissionDenied _ -> 403;
            case Failure.AlreadyExists _ -> 409;
            case Failure.Aborted _ -> 412;
            case Failure.TooLarge _ -> 413;
            case Failure.NotFound _ -> 404;
            case Failure.ResourceExhausted _ -> 429;
            case Failure.DeadlineExceeded _ -> 504;
            case Failure.Cancelled _ -> CLIENT_CLOSED_REQUEST;
            case Failure.Unavailable _ -> 503;
            case Failure.Unimplemented _ -> 501;
            case Failure.Internal _ -> 500;
        };
    }

    /** Answers a request that never reached its resource; a body that was not read costs the connection, unless it is small. */
    public static void answer(RoutingContext context, Failure failure) {
        ErrorForm form = form(context);
        int status = status(failure);
        HttpServerResponse response = context.response();
        response.setStatusCode(status).putHeader(HttpHeaders.CONTENT_TYPE, form.contentType());
        if (failure instanceof Failure.Unauthenticated) {
            response.putHeader("WWW-Authenticate", CHALLENGE);
        }
        if (failure instanceof Failure.ResourceExhausted exhausted) {
            retryAfter(exhausted).forEach(response::putHeader);
        }
        if (isHttp1(context) && !isSmall(context.request())) {
            response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        } else {
            context.request().handler(_ -> {}).resume();
        }
        response.end(Buffer.buffer(write(form.body(failure, status))));
    }

    /** Whether what comes of the request's body is so little that reading it is cheaper than a new connection. */
    private static boolean isSmall(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length == null) {
            return !request.headers().contains(HttpHeaders.TRANSFER_ENCODING);
        }
        try {
            return Long.parseLong(length) <= SMALL_BODY;
        } catch (NumberFormatException _) {
            return false;
        }
    }

    /**
     * Retry-After counts whole seconds; retry-after-ms is what OpenAI's clients read first, and x-should-retry what keeps them from trying again when no
     * wait of theirs is long enough.
     */
    private static Map<String, String> retryAfter(Failure.ResourceExhausted exhausted) {
        long millis = exhausted.retryAfter().toMillis();
        String seconds = Long.toString(Math.max(1, Math.ceilDiv(millis, 1000)));
        return exhausted.isSpent()
                ? Map.of("Retry-After", seconds, "x-should-retry", "false")
                : Map.of("Retry-After", seconds, "Retry-After-Ms", Long.toString(millis));
    }

    @ServerExceptionMapper
    Response failure(Failure failure, RoutingContext context) {
        return response(failure, context);
    }

    @ServerExceptionMapper
    Response webApplication(WebApplicationException e, RoutingContext context) {
        int status = e.getResponse().getStatus();
        String message =
                switch (status) {
                    case 404 -> "no such path: " + context.request().path();
                    case 405 ->
                        context.request().method() + " is not for "
                                + context.request().path();
                    case 415 ->
                        "Content-Type: '" + context.request().getHeader(HttpHeaders.CONTENT_TYPE)
                                + "' (expected: application/json)";
                    default -> String.valueOf(e.getMessage());
                };
        ErrorForm form = form(context);
        Failure failure = status >= 500 ? new Failure.Internal(message, e) : new Failure.InvalidArgument(message);
        return Response.status(status)
                .type(form.contentType())
                .entity(write(form.body(failure, status)))
                .build();
    }

    @ServerExceptionMapper
    Response unexpected(Exception e, RoutingContext context) {
        return response(GrpcFailures.toFailure(e), context);
    }

    private static Response response(Failure failure, RoutingContext context) {
        if (failure instanceof Failure.Internal) {
            LOG.errorf(
                    failure,
                    "%s %s failed",
                    context.request().method(),
                    context.request().path());
        } else {
            // The message may repeat what the client sent, which is no business of an ordinary log.
            LOG.infof(
                    "%s %s: %d %s",
                    context.request().method(),
                    context.request().path(),
                    status(failure),
                    failure.getClass().getSimpleName());
            LOG.debugf("%s", failure.getMessage());
        }
        ErrorForm form = form(context);
        int status = status(failure);
        Response.ResponseBuilder response =
                Response.status(status).type(form.contentType()).entity(write(form.body(failure, status)));
        if (failure instanceof Failure.ResourceExhausted exhausted) {
            retryAfter(exhausted).forEach(response::header);
        }
        if (failure instanceof Failure.Unauthenticated) {
            response.header("WWW-Authenticate", CHALLENGE);
        }
        if (failure instanceof Failure.TooLarge && isHttp1(context)) {
            response.header("Connection", "close"); // the rest of the body is still on its way
        }
        return response.build();
    }

    private static ErrorForm form(RoutingContext context) {
        @Nullable ErrorForm form = ErrorForm.of(context.normalizedPath());
        return Objects.requireNonNullElse(form, ErrorForm.PROBLEM);
    }

    private static boolean isHttp1(RoutingContext context) {
        return context.request().version() != HttpVersion.HTTP_2;
    }

    private static byte[] write(Object body) {
        try {
            return JSON.writeValueAsBytes(body);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
