package dev.weft.gateway.upstream;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The replicas that a target stands for, in turn. A name is looked up again every {@value #REFRESH_SECONDS} seconds of use, and when a
 * replica does not answer; meanwhile, and while the name server does not answer, what was found last is used. Thread-safe.
 */
final class ReplicaAddresses {

    static final int REFRESH_SECONDS = 10;

    private static final long REFRESH_NANOS =
            Duration.ofSeconds(REFRESH_SECONDS).toNanos();
    private static final String DNS = "dns:///";

    /** Looks a name up; blocks. */
    interface Resolver {
        List<InetAddress> resolve(String name) throws UnknownHostException;
    }

    private record Found(List<SocketAddress> addresses, long since) {}

    private final Vertx vertx;
    private final Resolver resolver;
    private final String host;
    private final int port;
    private final AtomicInteger turn = new AtomicInteger();
    private final AtomicReference<@Nullable Future<Found>> lookup = new AtomicReference<>();
    private volatile @Nullable Found found;
    private volatile boolean doubtful;

    ReplicaAddresses(String target, Vertx vertx) {
        this(target, vertx, name -> Arrays.asList(InetAddress.getAllByName(name)));
    }

    ReplicaAddresses(String target, Vertx vertx, Resolver resolver) {
        this.vertx = vertx;
        this.resolver = resolver;
        String address = target.startsWith(DNS) ? target.substring(DNS.length()) : target;
        int colon = address.lastIndexOf(':');
        this.host = colon < 1 ? "" : address.substring(0, colon).replaceAll("[\\[\\]]", "");
        this.port = port(address.substring(colon + 1));
        if (host.isEmpty() || port == 0) {
            throw new IllegalArgumentException("weft.gateway.inference.target: '" + target
                    + "' (expected: host:port, [address]:port or dns:///name:port)");
        }
    }

    private static int port(String text) {
        try {
            int port = Integer.parseInt(text);
            return port > 0 && port < 65_536 ? port : 0;
        } catch (NumberFormatException _) {
            return 0;
        }
    }

    /** The next replica's address; fails when the name was never found. Does not block. */
    Future<SocketAddress> next() {
        Found last = found;
        if (last == null) {
            return lookUp().map(this::inTurn);
        }
        if (doubtful || System.nanoTime() - last.since() > REFRESH_NANOS) {
            lookUp();
        }
        return Future.succeededFuture(inTurn(last));
    }

    /** How many replicas were found last. */
    int size() {
        Found last = found;
        return last == null ? 1 : last.addresses().size();
    }

    /** Has the name looked up again before its time: one of the replicas does not answer. */
    void doubt() {
        doubtful = true;
    }

    private SocketAddress inTurn(Found last) {
        return last.addresses()
                .get(Math.floorMod(turn.getAndIncrement(), last.addresses().size()));
    }

    /** One lookup at a time, whose result all share that wait for it. */
    private Future<Found> lookUp() {
        Promise<Found> promise = Promise.promise();
        Future<Found> running = lookup.compareAndExchange(null, promise.future());
        if (running != null) {
            return running;
        }
        doubtful = false;
        Future<List<SocketAddress>> addresses = vertx.executeBlocking(
                () -> resolver.resolve(host).stream()
                        .map(address -> SocketAddress.inetSocketAddress(port, address.getHostAddress()))
                        .toList(),
                false);
        addresses.onComplete(result -> {
            Found last = found;
            if (result.succeeded() && !result.result().isEmpty()) {
                last = new Found(result.result(), System.nanoTime());
            } else if (last != null) {
                // Asked again after the pause, not at once.
                last = new Found(last.addresses(), System.nanoTime());
            }
            found = last;
            lookup.set(null);
            if (last == null) {
                promise.fail(result.failed() ? result.cause() : new UnknownHostException(host));
            } else {
                promise.complete(last);
            }
        });
        return promise.future();
    }
}
