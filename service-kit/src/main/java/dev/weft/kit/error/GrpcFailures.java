package dev.weft.kit.error;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** The one translation between {@link Failure} and gRPC's status. */
public final class GrpcFailures {

    /** Trailer of RESOURCE_EXHAUSTED: when to try again, in ms. */
    public static final Metadata.Key<String> RETRY_AFTER_MS =
            Metadata.Key.of("retry-after-ms", Metadata.ASCII_STRING_MARSHALLER);

    /** Trailer of RESOURCE_EXHAUSTED, {@code true}: whoever else comes before that is refused as well. */
    public static final Metadata.Key<String> CROWDED =
            Metadata.Key.of("x-weft-crowded", Metadata.ASCII_STRING_MARSHALLER);

    /**
     * Trailer of UNAVAILABLE, {@link #NO_RETRY}: who failed has tried it again himself.
     *
     * @see <a href="https://github.com/grpc/proposal/blob/master/A6-client-retries.md#pushback">A6: Pushback</a>
     */
    public static final Metadata.Key<String> PUSHBACK =
            Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

    /** A negative pushback: not at all. */
    public static final String NO_RETRY = "-1";

    private static final Duration DEFAULT_RETRY_AFTER = Duration.ofSeconds(1);

    private GrpcFailures() {}

    /** The status and trailers that tell a gRPC caller about the failure. */
    public static StatusRuntimeException toStatus(Failure failure) {
        Metadata trailers = new Metadata();
        Status status =
                switch (failure) {
                    case Failure.InvalidArgument _ -> Status.INVALID_ARGUMENT;
                    case Failure.TooLarge _ -> Status.RESOURCE_EXHAUSTED;
                    case Failure.Unauthenticated _ -> Status.UNAUTHENTICATED;
                    case Failure.PermissionDenied _ -> Status.PERMISSION_DENIED;
                    case Failure.AlreadyExists _ -> Status.ALREADY_EXISTS;
                    case Failure.Aborted _ -> Status.ABORTED;
                    case Failure.NotFound _ -> Status.NOT_FOUND;
                    case Failure.FailedPrecondition _ -> Status.FAILED_PRECONDITION;
                    case Failure.ResourceExhausted exhausted -> {
                        trailers.put(
                                RETRY_AFTER_MS,
                                Long.toString(exhausted.retryAfter().toMillis()));
                        if (exhausted.isCrowded()) {
                            trailers.put(CROWDED, "true");
                        }
                        yield Status.RESOURCE_EXHAUSTED;
                    }
                    case Failure.DeadlineExceeded _ -> Status.DEADLINE_EXCEEDED;
                    case Failure.Cancelled _ -> Status.CANCELLED;
                    case Failure.Unavailable unavailable -> {
                        if (unavailable.isAfterRetries()) {
                            trailers.put(PUSHBACK, NO_RETRY);
                        }
                        yield Status.UNAVAILABLE;
                    }
                    case Failure.Unimplemented _ -> Status.UNIMPLEMENTED;
                    case Failure.Internal _ -> Status.INTERNAL;
                };
        return status.withDescription(failure.getMessage()).asRuntimeException(trailers);
    }

    /** What an exception means to the caller; one that is neither a failure nor a status is a defect, and so internal. */
    public static Failure toFailure(Throwable thrown) {
        return switch (thrown) {
            case Failure failure -> failure;
            case StatusRuntimeException e -> toFailure(e.getStatus(), e.getTrailers());
            case StatusException e -> toFailure(e.getStatus(), e.getTrailers());
            case CancellationException _ -> new Failure.Cancelled("the client went away");
            case CompletionException e when e.getCause() != null -> toFailure(e.getCause());
            default ->
                new Failure.Internal("internal error: " + thrown.getClass().getSimpleName(), thrown);
        };
    }

    private static Failure toFailure(Status status, @Nullable Metadata trailers) {
        String message = Objects.requireNonNullElse(
                status.getDescription(), status.getCode().name());
        return switch (status.getCode()) {
            case INVALID_ARGUMENT, OUT_OF_RANGE -> new Failure.InvalidArgument(message);
            case NOT_FOUND -> new Failure.NotFound(message);
            case FAILED_PRECONDITION -> new Failure.FailedPrecondition(message);
            case ALREADY_EXISTS -> new Failure.AlreadyExists(message);
            case ABORTED -> new Failure.Aborted(message);
            case PERMISSION_DENIED -> new Failure.PermissionDenied(message);
            case UNAUTHENTICATED -> new Failure.Unauthenticated(message);
            case RESOURCE_EXHAUSTED ->
                trailers != null && trailers.containsKey(CROWDED)
                        ? Failure.ResourceExhausted.crowded(message, retryAfter(trailers))
                        : new Failure.ResourceExhausted(message, retryAfter(trailers));
            case DEADLINE_EXCEEDED -> new Failure.DeadlineExceeded(message);
            case CANCELLED -> new Failure.Cancelled(message);
            case UNAVAILABLE ->
                trailers != null && NO_RETRY.equals(trailers.get(PUSHBACK))
                        ? Failure.Unavailable.afterRetries(message)
                        : new Failure.Unavailable(message);
            case UNIMPLEMENTED -> new Failure.Unimplemented(message);
            case OK, UNKNOWN, INTERNAL, DATA_LOSS -> new Failure.Internal(message, status.getCause());
        };
    }

    private static Duration retryAfter(@Nullable Metadata trailers) {
        String value = trailers == null ? null : trailers.get(RETRY_AFTER_MS);
        if (value == null) {
            return DEFAULT_RETRY_AFTER;
        }
        try {
            return Duration.ofMillis(Long.parseLong(value));
        } catch (NumberFormatException _) {
            return DEFAULT_RETRY_AFTER;
        }
    }
}
