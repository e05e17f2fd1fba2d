package dev.weft.gateway.services;

import dev.weft.gateway.http.RestCall;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.identity.IdentityClientInterceptor;
import dev.weft.kit.rpc.RequestId;
import dev.weft.kit.time.Deadline;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/**
 * A connection to a service, made when the first call needs it: the gateway serves without the service. Calls show the token that services know each
 * other by. Thread-safe.
 */
public final class ServiceConnection implements AutoCloseable {

    private static final int KEEP_ALIVE_SECONDS = 30;

    private final String service;
    private final ManagedChannel channel;

    /**
     * Connects nothing yet.
     *
     * @param service its name, for messages
     * @param channel to {@code host:port}, or to {@code dns:///name:port}, to whose addresses calls go in turn
     * @param maxMessage bytes of the largest answer that is taken
     */
    public ServiceConnection(
            String service, ManagedChannelBuilder<?> channel, long maxMessage, IdentityClientInterceptor identity) {
        this.service = service;
        this.channel = channel.intercept(identity)
                .maxInboundMessageSize(Math.toIntExact(maxMessage))
                .defaultLoadBalancingPolicy("round_robin")
                .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
                .build();
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }

    /** The channel, for stubs. */
    public ManagedChannel channel() {
        return channel;
    }

    /** The stub with the request's id and a deadline. */
    public static <S extends AbstractStub<S>> S prepare(S stub, RestCall call, Deadline deadline) {
        Metadata headers = new Metadata();
        headers.put(RequestId.METADATA, call.id().value());
        return stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .withDeadlineAfter(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
    }

    /**
     * Makes a blocking call, which is cancelled when the client goes away.
     *
     * @throws Failure when there is no answer
     */
    public <T> T call(RestCall call, Callable<T> work) {
        try {
            return call.work().call(work);
        } catch (StatusRuntimeException e) {
            throw failure(e);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw GrpcFailures.toFailure(e);
        }
    }

    /** What a call's end means to our client. */
    public Failure failure(Throwable thrown) {
        Failure failure = GrpcFailures.toFailure(thrown);
        if (failure instanceof Failure.Unavailable) {
            // By itself the channel waits up to two minutes before it tries to connect again.
            channel.resetConnectBackoff();
            return new Failure.Unavailable(service + " does not answer: " + failure.getMessage());
        }
        return failure;
    }
}
