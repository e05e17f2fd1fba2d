package dev.weft.gateway.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.GrpcFailures;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import java.util.Objects;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jspecify.annotations.Nullable;

/** The one translation of failures to HTTP: status, headers, and a body in the form of the path's protocol. */
final class HttpFailures {

    private static final Logger LOG = Logger.getLogger(HttpFailures.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What nginx calls a client that went away; nobody reads it but logs and metrics. */
    private static final int CLIENT_CLOSED_REQUEST = 499;

    /** The status of a failure. */
    static int status(Failure failure) {
        return switch (failure) {
            case Failure.InvalidArgument _, Failure.FailedPrecondition _ -> 400;
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

    /** Answers a request that never reached its resource, and closes the connection: its body was not read. */
    static void answer(RoutingContext context, Failure failure) {
        ErrorForm form = form(context);
        int status = status(failure);
        HttpServerResponse response = context.response();
        response.setStatusCode(status).putHeader(HttpHeaders.CONTENT_TYPE, form.contentType());
        if (isHttp1(context)) {
            response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
        response.end(Buffer.buffer(write(form.body(failure, status))));
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
            // Retry-After counts whole seconds; retry-after-ms is what OpenAI's clients read first.
            long millis = exhausted.retryAfter().toMillis();
            response.header("Retry-After", Math.max(1, Math.ceilDiv(millis, 1000)))
                    .header("Retry-After-Ms", millis);
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
