package dev.weft.gateway.upstream;

import dev.weft.gateway.routing.Choice;
import dev.weft.gateway.routing.PlacementRules;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.telemetry.MetricNames;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Holds requests for which there is no replica until there is one: a pool that is scaled down to nothing comes up because somebody waits for it.
 * What waits is bounded, and told by a metric that an autoscaler can follow. Thread-safe.
 */
@Singleton
final class ReplicaWait {

    private static final long LOOK_MILLIS = 100;

    private final Duration longest;
    private final int most;
    private final PlacementRules rules;
    private final Vertx vertx;
    private final MeterRegistry meters;
    private final AtomicInteger waiting = new AtomicInteger();
    private final Map<String, AtomicInteger> byPool = new ConcurrentHashMap<>();

    ReplicaWait(UpstreamConfig config, PlacementRules rules, Vertx vertx, MeterRegistry meters) {
        this.longest = config.replicaWait();
        this.most = config.replicaWaitRequests();
        this.rules = rules;
        this.vertx = vertx;
        this.meters = meters;
    }

    /**
     * Looks again and again.
     *
     * @param key of the model that is asked
     * @param why there is no replica
     * @param choice what there is now
     * @return what there is then; fails with {@link Unavailable} when there is nothing for too long, or too many wait already
     */
    Future<Choice> await(String key, String why, Supplier<Choice> choice) {
        if (longest.isZero()) {
            return Future.failedFuture(new Unavailable(why));
        }
        if (waiting.incrementAndGet() > most) {
            waiting.decrementAndGet();
            return Future.failedFuture(new Unavailable(why + "; " + most + " requests wait for one already"));
        }
        List<String> pools = rules.pools(key);
        AtomicInteger ofPool = byPool.computeIfAbsent(pools.isEmpty() ? "any" : pools.getFirst(), this::count);
        ofPool.incrementAndGet();
        long end = System.nanoTime() + longest.toNanos();
        Promise<Choice> found = Promise.promise();
        long timer = vertx.setPeriodic(LOOK_MILLIS, _ -> {
            Choice now = choice.get();
            if (!(now instanceof Choice.Nowhere)) {
                found.tryComplete(now);
            } else if (System.nanoTime() > end) {
                found.tryFail(new Unavailable(why + ", and none has come within " + longest.toSeconds() + " s"));
            }
        });
        return found.future().onComplete(_ -> {
            vertx.cancelTimer(timer);
            ofPool.decrementAndGet();
            waiting.decrementAndGet();
        });
    }

    private AtomicInteger count(String pool) {
        AtomicInteger count = new AtomicInteger();
        Gauge.builder(MetricNames.GATEWAY_WAITING, count, AtomicInteger::get)
                .description("Requests for which there is no replica yet")
                .tag("pool", pool)
                .register(meters);
        return count;
    }
}
