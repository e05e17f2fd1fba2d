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

    /** Nobody knows who is asking: there is no key or token, or none that is valid. */
    public static final class Unauthenticated extends Failure {
        public Unauthenticated(String message) {
            super(message, null);
        }
    }

    /** It is known who is asking, and he may not. */
    public static final class PermissionDenied extends Failure {
        public PermissionDenied(String message) {
            super(message, null);
        }
    }

    /** What the request would make is there already. */
    public static final class AlreadyExists extends Failure {
        public AlreadyExists(String message) {
            super(message, null);
        }
    }

    /** What the request would change has changed since the caller read it: read it again. */
    public static final class Aborted extends Failure {
        public Aborted(String message) {
            super(message, null);
        }
    }

    /** What the request names does not exist. */
    public static final class NotFound extends Failure {
        private final String field;

        public NotFound(String message) {
            this("", message);
        }

        private NotFound(String field, String message) {
            super(message, null);
            this.field = field;
        }

        /** A field of the request's body names it. */
        public static NotFound of(String field, String message) {
            return new NotFound(field, message);
        }

        /** The field that names it; empty where the request's path does, and when the failure comes from another process. */
        public String field() {
            return field;
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
        private enum Reach {
            THIS_REQUEST,
            EVERYBODY,
            ALL_OF_THE_CALLER
        }

        private final Duration retryAfter;
        private final Reach reach;

        public ResourceExhausted(String message, Duration retryAfter) {
            this(message, retryAfter, Reach.THIS_REQUEST);
        }

        private ResourceExhausted(String message, Duration retryAfter, Reach reach) {
            super(message, null);
            this.retryAfter = retryAfter;
            this.reach = reach;
        }

        /** A queue is so long that whoever else comes before {@code retryAfter} is better told so than let in. */
        public static ResourceExhausted crowded(String message, Duration retryAfter) {
            return new ResourceExhausted(message, retryAfter, Reach.EVERYBODY);
        }

        /** The caller's budget is used up: trying again before {@code retryAfter} is of no use, unless somebody raises it. */
        public static ResourceExhausted spent(String message, Duration retryAfter) {
            return new ResourceExhausted(message, retryAfter, Reach.ALL_OF_THE_CALLER);
        }

        /** Whether others that come before {@link #retryAfter()} would fare no better. */
        public boolean isCrowded() {
            return reach == Reach.EVERYBODY;
        }

        /** Whether it is the caller's budget that is used up. */
        public boolean isSpent() {
            return reach == Reach.ALL_OF_THE_CALLER;
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
        private final boolean afterRetries;

        public Unavailable(String message) {
            this(message, false);
        }

        private Unavailable(String message, boolean afterRetries) {
            super(message, null);
            this.afterRetries = afterRetries;
        }

        /** Whoever has been asked for this has been asked again already: if every caller did so too, the attempts would multiply. */
        public static Unavailable afterRetries(String message) {
            return new Unavailable(message, true);
        }

        /** Whether asking again at once has been tried, and is of no use. */
        public boolean isAfterRetries() {
            return afterRetries;
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
