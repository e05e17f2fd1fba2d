package dev.weft.kit.error;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A failure that a caller can act on, one class per canonical code. The message is meant for the caller: it names the field, what
 * came and what was expected, and holds no secret.
 */
public abstract sealed class Failure extends RuntimeException {

    private Failure(String message, @Nullable Throwable cause) {
        // A failure is an answer, not a defect: only an internal one is worth the cost of its stack trace.
        super(printable(message), cause, false, cause != null);
    }

    /** Messages repeat what clients sent, and end in logs and headers: a line break there would forge a line. */
    private static String printable(String message) {
        return message.chars().noneMatch(Character::isISOControl) ? message : message.replaceAll("\\p{Cntrl}", " ");
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }

    /** The request is wrong and stays wrong when repeated. */
    public static final class InvalidArgument extends Failure {
        public InvalidArgument(String message) {
            super(message, null);
        }
    }

    /** The request is larger than a configured limit. */
    public static final class TooLarge extends Failure {
        public TooLarge(String message) {
            super(message, null);
        }
    }

    /** What the request names does not exist. */
    public static final class NotFound extends Failure {
        public NotFound(String message) {
            super(message, null);
        }
    }

    /** The request is right, and the state of what it names forbids it until somebody mends that. */
    public static final class FailedPrecondition extends Failure {
        public FailedPrecondition(String message) {
            super(message, null);
        }
    }

    /** A bounded queue or a limit is full; the same request may succeed after {@link #retryAfter()}. */
    public static final class ResourceExhausted extends Failure {
        private final Duration retryAfter;

        public ResourceExhausted(String message, Duration retryAfter) {
            super(message, null);
            this.retryAfter = retryAfter;
        }

        /** When to try again. */
        public Duration retryAfter() {
            return retryAfter;
        }
    }

    /** The caller's deadline passed before there was an answer. */
    public static final class DeadlineExceeded extends Failure {
        public DeadlineExceeded(String message) {
            super(message, null);
        }
    }

    /** The caller went away. */
    public static final class Cancelled extends Failure {
        public Cancelled(String message) {
            super(message, null);
        }
    }

    /** Nobody answers for this now; the same request may succeed later. */
    public static final class Unavailable extends Failure {
        public Unavailable(String message) {
            super(message, null);
        }
    }

    /** The protocol has it, Weft does not. */
    public static final class Unimplemented extends Failure {
        public Unimplemented(String message) {
            super(message, null);
        }
    }

    /** A defect of ours, or of a library below us. */
    public static final class Internal extends Failure {
        public Internal(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }
}
