package dev.weft.kit.identity;

import dev.weft.kit.error.Failure;
import dev.weft.kit.error.GrpcFailures;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import io.quarkus.arc.All;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.enterprise.inject.spi.Prioritized;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/**
 * Refuses calls that do not come from another service, before anything of them is read. Whether the process is well may be asked by everybody:
 * whoever probes it has no token. Reflection, which nobody probes, is refused like all else.
 */
@GlobalInterceptor
@Singleton
public class IdentityServerInterceptor implements ServerInterceptor, Prioritized {

    /** Where the token is. */
    static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    /** Trailer by which a caller tells that he was refused from that somebody was on whose behalf he calls. */
    static final Metadata.Key<String> REFUSED =
            Metadata.Key.of("weft-identity-refused", Metadata.ASCII_STRING_MARSHALLER);

    private static final Logger LOG = Logger.getLogger(IdentityServerInterceptor.class);

    private static final String HEALTH = "grpc.health.v1.Health";
    private static final long LOG_INTERVAL_NANOS = Duration.ofSeconds(10).toNanos();

    private final ServiceIdentity identity;
    private final boolean frontDoor;
    private final AtomicLong told = new AtomicLong(System.nanoTime() - LOG_INTERVAL_NANOS);

    @Inject
    IdentityServerInterceptor(ServiceIdentity identity, @All List<FrontDoor> doors) {
        this(identity, !doors.isEmpty());
    }

    IdentityServerInterceptor(ServiceIdentity identity, boolean frontDoor) {
        this.identity = identity;
        this.frontDoor = frontDoor;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        if (frontDoor || HEALTH.equals(call.getMethodDescriptor().getServiceName())) {
            return next.startCall(call, headers);
        }
        Verdict verdict = identity.verify(headers.get(AUTHORIZATION));
        // Nobody behind this needs it, and so nobody can tell it.
        headers.discardAll(AUTHORIZATION);
        return switch (verdict) {
            case Verdict.Accepted _ -> next.startCall(call, headers);
            case Verdict.Refused(Failure failure) -> refuse(call, failure);
            case Verdict.Pending pending -> {
                PendingCall<Q, R> waiting = new PendingCall<>(call, headers, next, this::refuse);
                waiting.await(pending.later());
                yield waiting;
            }
        };
    }

    private <Q, R> ServerCall.Listener<Q> refuse(ServerCall<Q, R> call, Failure failure) {
        long now = System.nanoTime();
        long last = told.get();
        if (now - last >= LOG_INTERVAL_NANOS && told.compareAndSet(last, now)) {
            LOG.warnf(
                    "a call of %s to %s was refused: %s",
                    call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR),
                    call.getMethodDescriptor().getFullMethodName(),
                    failure.getMessage());
        }
        StatusRuntimeException refused = GrpcFailures.toStatus(failure);
        Metadata trailers = Objects.requireNonNullElseGet(refused.getTrailers(), Metadata::new);
        trailers.put(REFUSED, "true");
        call.close(refused.getStatus(), trailers);
        return new ServerCall.Listener<>() {};
    }

    @Override
    public int getPriority() {
        return Integer.MAX_VALUE - 2;
    }
}
