package dev.weft.embedding.batch;

import dev.weft.kit.error.Failure;

/**
 * Why a row has no answer.
 *
 * @param status HTTP's, of what was answered to the row's request; 0 when it was not a request, or has not been made
 * @param code a word for programs
 */
record RowFailure(int status, String code, String message) {

    /** The line is no request. */
    static RowFailure malformed(String code, String message) {
        return new RowFailure(0, code, message);
    }

    /** The collection that the row's points are for does not exist any more. */
    static RowFailure noCollection(String message) {
        return new RowFailure(404, "collection_not_found", message);
    }

    /** What came of making the request. */
    static RowFailure of(Failure failure, String message) {
        return switch (failure) {
            case Failure.NotFound _ -> new RowFailure(404, "model_not_found", message);
            case Failure.InvalidArgument _, Failure.TooLarge _, Failure.FailedPrecondition _, Failure.Unimplemented _ ->
                new RowFailure(400, "invalid_request", message);
            case Failure.PermissionDenied _, Failure.Unauthenticated _ ->
                new RowFailure(403, "permission_denied", message);
            case Failure.AlreadyExists _, Failure.Aborted _ -> new RowFailure(409, "conflict", message);
            case Failure.ResourceExhausted _ -> new RowFailure(429, "overloaded", message);
            case Failure.DeadlineExceeded _ -> new RowFailure(504, "timeout", message);
            case Failure.Unavailable _ -> new RowFailure(503, "unavailable", message);
            case Failure.Cancelled _, Failure.Internal _ -> new RowFailure(500, "server_error", message);
        };
    }
}
