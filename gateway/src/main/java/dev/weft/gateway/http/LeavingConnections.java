package dev.weft.gateway.http;

import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

/**
 * Asks clients to go elsewhere while the gateway is about to end: whoever spreads connections over several gateways sends no new ones, but those that
 * are there stay, and their next request would find nobody. Until {@code quarkus.shutdown.delay} is over each answer says that its connection ends
 * with it, by HTTP/1.1's {@code Connection: close} or by HTTP/2's GOAWAY, and is given all the same.
 */
@Singleton
final class LeavingConnections {

    private static final Logger LOG = Logger.getLogger(LeavingConnections.class);

    /** Before all that may answer. */
    private static final int PRIORITY = 10_000;

    private static final long NO_ERROR = 0;

    /** What the client has sent before it knew is still answered (RFC 9113, 6.8); Vert.x' own shutdown of a connection would refuse it. */
    private static final int ANY_STREAM = Integer.MAX_VALUE;

    private volatile boolean leaving;

    void register(@Observes Filters filters) {
        filters.register(this::handle, PRIORITY);
    }

    void leave(@Observes ShutdownDelayInitiatedEvent event) {
        LOG.info("ends soon: clients are asked to connect again");
        leaving = true;
    }

    private void handle(RoutingContext context) {
        if (leaving) {
            end(context.request());
        }
        context.next();
    }

    private static void end(HttpServerRequest request) {
        if (request.version() == HttpVersion.HTTP_2) {
            request.connection().goAway(NO_ERROR, ANY_STREAM);
        } else {
            request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
    }
}
