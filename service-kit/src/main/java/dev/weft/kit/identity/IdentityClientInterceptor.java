package dev.weft.kit.identity;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/**
 * Shows this service's token to another one of the mesh. It is not for channels that lead elsewhere, and so must be named where a channel to a
 * service is made: {@code @RegisterClientInterceptor(IdentityClientInterceptor.class)}. A call that is refused becomes UNAVAILABLE: it is this
 * mesh that is set up wrongly, not whoever asked for something.
 */
@Singleton
public class IdentityClientInterceptor implements ClientInterceptor {

    /** Option of calls that bring somebody else's token along, too: when the service behind does not know that one, its answer is passed on as it is. */
    public static final CallOptions.Key<Boolean> WITH_OTHER_TOKEN =
            CallOptions.Key.createWithDefault("weft-with-other-token", false);

    private static final Logger LOG = Logger.getLogger(IdentityClientInterceptor.class);
    private static final long LOG_INTERVAL_NANOS = Duration.ofSeconds(10).toNanos();

    private final ServiceIdentity identity;
    private final AtomicLong told = new AtomicLong(System.nanoTime() - LOG_INTERVAL_NANOS);

    IdentityClientInterceptor(ServiceIdentity identity) {
        this.identity = identity;
    }

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel channel) {
        return new SimpleForwardingClientCall<>(channel.newCall(method, options)) {
            @Override
            public void start(Listener<R> listener, Metadata headers) {
                String authorization = identity.authorization();
                if (authorization != null) {
                    headers.discardAll(IdentityServerInterceptor.AUTHORIZATION);
                    headers.put(IdentityServerInterceptor.AUTHORIZATION, authorization);
                }
                super.start(
                        new SimpleForwardingClientCallListener<>(listener) {
                            @Override
                            public void onClose(Status status, Metadata trailers) {
                                boolean others = options.getOption(WITH_OTHER_TOKEN)
                                        && !trailers.containsKey(IdentityServerInterceptor.REFUSED);
                                super.onClose(others ? status : translated(status, channel.authority()), trailers);
                            }
                        },
                        headers);
            }
        };
    }

    private Status translated(Status status, String target) {
        if (status.getCode() != Status.Code.UNAUTHENTICATED) {
            return status;
        }
        long now = System.nanoTime();
        long last = told.get();
        if (now - last >= LOG_INTERVAL_NANOS && told.compareAndSet(last, now)) {
            LOG.errorf("%s refuses this service's calls: %s (see weft.identity)", target, status.getDescription());
        }
        return Status.UNAVAILABLE.withDescription(target + " refuses this service's calls");
    }
}
