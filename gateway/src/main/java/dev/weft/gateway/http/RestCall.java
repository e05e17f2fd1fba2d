package dev.weft.gateway.http;

import dev.weft.gateway.keys.Caller;
import dev.weft.gateway.usage.Tally;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.rpc.RequestId;
import dev.weft.kit.time.Deadline;
import io.grpc.Context;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a REST request brings along besides its body.
 *
 * @param id the client's request id, or a new one
 * @param deadline after which the client does not wait any more
 * @param work the context of the calls behind it; cancelled when the client goes away
 * @param priority null when the client does not say
 * @param stickyKey chooses among the versions of a model that is split; null for any
 * @param timing what the answer will tell about where the time went
 * @param route what the answer will tell about who answered
 * @param caller who asks
 * @param tally what the request uses
 */
public record RestCall(
        RequestId id,
        Deadline deadline,
        Context.CancellableContext work,
        @Nullable Priority priority,
        @Nullable String stickyKey,
        ServerTiming timing,
        AnsweredBy route,
        Caller caller,
        Tally tally) {

    /** Header, and metadata of gRPC, that brings the sticky key. */
    public static final String STICKY_HEADER = "x-weft-sticky-key";

    /** Header by which a client bounds the work behind its request, in ms. */
    public static final String TIMEOUT_HEADER = "X-Request-Timeout-Ms";

    private static final String KEY = RestCall.class.getName();

    /** The call that {@link RestCallFilter} made of this request. */
    public static RestCall of(RoutingContext context) {
        RestCall call = context.get(KEY);
        if (call == null) {
            throw new IllegalStateException("no call: RestCallFilter has not seen " + context.normalizedPath());
        }
        return call;
    }

    /** Makes the call of a request that has just arrived. */
    static void attach(RoutingContext request, RequestId id, Deadline deadline, @Nullable Priority priority) {
        Context.CancellableContext work =
                Context.ROOT.withValue(RequestId.CONTEXT, id).withCancellation();
        request.addEndHandler(_ -> work.cancel(null));
        ServerTiming timing = new ServerTiming();
        AnsweredBy route = new AnsweredBy();
        request.addHeadersEndHandler(_ -> {
            String header = timing.header();
            if (!header.isEmpty()) {
                request.response().putHeader(ServerTiming.HEADER, header);
            }
            route.write(request.response().headers());
        });
        String stickyKey = request.request().getHeader(STICKY_HEADER);
        request.put(
                KEY,
                new RestCall(
                        id, deadline, work, priority, stickyKey, timing, route, Caller.of(request), Tally.of(request)));
    }

    static Deadline deadline(@Nullable String header, HttpConfig config) {
        if (header == null) {
            return Deadline.after(config.defaultTimeout());
        }
        long millis;
        try {
            millis = Long.parseLong(header.strip());
        } catch (NumberFormatException _) {
            millis = -1;
        }
        long longest = config.maxTimeout().toMillis();
        if (millis < 1 || millis > longest) {
            throw new InvalidArgument(TIMEOUT_HEADER + ": '" + header + "' (expected: 1 to " + longest + " ms)");
        }
        return Deadline.after(Duration.ofMillis(millis));
    }
}
