package dev.weft.gateway.upstream;

import dev.weft.gateway.routing.Placement.Visit;
import dev.weft.gateway.routing.Replica;
import dev.weft.kit.error.Failure;
import dev.weft.kit.time.Deadline;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.StreamResetException;
import java.time.Duration;
import javax.net.ssl.SSLException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What it means that a call has come to nothing. Replicas that are there and do not want this gateway, or that it does not want, are for whoever
 * runs the mesh to mend; a client can only be told that the service is unavailable.
 */
final class CallFailures {

    private static final Logger LOG = Logger.getLogger(CallFailures.class);

    // RFC 9113, section 7
    static final long CANCEL = 8;
    private static final long INTERNAL_ERROR = 2;
    private static final long REFUSED_STREAM = 7;
    private static final long ENHANCE_YOUR_CALM = 11;

    /** What rounding takes of a timeout on its way. */
    private static final Duration EARLY = Duration.ofMillis(5);

    private CallFailures() {}

    /** What the answer that has ended tells; null when the call succeeded. */
    static @Nullable Failure ofAnswer(HttpClientResponse answer, @Nullable Visit at, Destinations destinations) {
        Failure failure = GrpcHeaders.failure(answer);
        if (failure != null && at != null) {
            destinations.failed(at.replica(), failure);
        }
        return failure;
    }

    /** Nobody answers. */
    static Failure unavailable(@Nullable Visit at) {
        return new Failure.Unavailable(
                "inference-service" + (at == null ? "" : " at " + at.replica().id()) + " does not answer");
    }

    /**
     * The stream, or its connection, has broken.
     *
     * @param deadline the call's, null for none: a server of gRPC cancels a call that has reached it, and may be the first to see that it has
     */
    static Failure broken(@Nullable Visit at, Throwable thrown, @Nullable Deadline deadline) {
        if (thrown instanceof StreamResetException reset) {
            if (reset.getCode() == CANCEL) {
                boolean late = deadline != null && deadline.remaining().compareTo(EARLY) <= 0;
                return late
                        ? new Failure.DeadlineExceeded("deadline passed before there was an answer")
                        : new Failure.Cancelled("inference-service cancelled the call");
            }
            if (reset.getCode() == ENHANCE_YOUR_CALM) {
                return new Failure.Unavailable("inference-service does not take more calls");
            }
        }
        return unavailable(at);
    }

    /**
     * True when the server has not seen the call, or the connection went before it had answered, or the server was not able to take it: one
     * of gRPC that is ending takes streams for a moment after it has lost what would answer them, and resets these with an internal error.
     */
    static boolean mayBeMadeAgain(Throwable thrown) {
        return !(thrown instanceof StreamResetException reset)
                || reset.getCode() == REFUSED_STREAM
                || reset.getCode() == INTERNAL_ERROR;
    }

    /** The replica does not take this gateway for one of the mesh. */
    static Failure refused(@Nullable Visit at, Failure why) {
        return at == null ? unavailable(null) : refused(at.replica(), "refuses this gateway's calls", why);
    }

    /** The two could not agree on certificates; null when something else is wrong. */
    static @Nullable Failure ofHandshake(@Nullable Visit at, Throwable thrown) {
        boolean handshake = false;
        Throwable reason = thrown;
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            handshake |= cause instanceof SSLException;
            reason = cause; // the outer ones only say that it failed
        }
        return handshake && at != null ? refused(at.replica(), "fails the TLS handshake", reason) : null;
    }

    /** Takes the replica out of use until it has told how it is doing, and says so in the log when it was not known. */
    private static Failure refused(Replica replica, String what, Throwable why) {
        String trouble = what + ": " + why.getMessage();
        if (!replica.trouble().equals(trouble)) {
            LOG.errorf("inference-service at %s %s (see docs/security.md)", replica, trouble);
        }
        replica.refuses(trouble);
        return new Failure.Unavailable("inference-service at " + replica.id() + " " + what);
    }
}
