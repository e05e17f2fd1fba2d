package dev.weft.inference.lifecycle;

import grpc.health.v1.HealthOuterClass.HealthCheckResponse.ServingStatus;
import io.quarkus.grpc.runtime.health.GrpcHealthStorage;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * The beginning and the end of the process. At start the repository is loaded while the server already answers; {@code grpc.health.v1}
 * tells when that is done. In between, the repository is followed and expired requests are failed. At the end the replica says that
 * it is not ready, and the servers are stopped when the requests in flight have been answered.
 */
@Singleton
final class Startup {

    private static final Logger LOG = Logger.getLogger(Startup.class);

    /** How late a request learns that its deadline has passed while it waited; its caller has its own clock. */
    private static final Duration EXPIRY_INTERVAL = Duration.ofMillis(50);

    private static final Duration IDLE_POLL = Duration.ofMillis(10);

    private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(
            2, Thread.ofPlatform().daemon().name("housekeeping-", 0).factory());
    private final ModelRegistry registry;
    private final GrpcHealthStorage health;
    private final EngineConfig config;

    Startup(ModelRegistry registry, GrpcHealthStorage health, EngineConfig config) {
        this.registry = registry;
        this.health = health;
        this.config = config;
    }

    void start(@Observes StartupEvent event) {
        health.setStatus(GrpcHealthStorage.DEFAULT_SERVICE_NAME, ServingStatus.NOT_SERVING);
        every(EXPIRY_INTERVAL, registry::expire);
        Thread.ofVirtual().name("load-models").start(() -> {
            registry.start();
            if (registry.isReady()) { // and not told to end meanwhile
                health.setStatus(GrpcHealthStorage.DEFAULT_SERVICE_NAME, ServingStatus.SERVING);
            }
            if (config.watchInterval().isPositive()) {
                every(config.watchInterval(), registry::follow);
            }
        });
    }

    private void every(Duration interval, Runnable work) {
        ScheduledFuture<?> _ = timer.scheduleWithFixedDelay(
                () -> {
                    try {
                        work.run();
                    } catch (Throwable e) {
                        // A schedule ends at the first exception, and this one must not.
                        LOG.error("housekeeping failed", e);
                    }
                },
                interval.toMillis(),
                interval.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    void stop(@Observes ShutdownEvent event) {
        health.setStatus(GrpcHealthStorage.DEFAULT_SERVICE_NAME, ServingStatus.NOT_SERVING);
        registry.end();
        CountDownLatch idle = new CountDownLatch(1);
        ScheduledFuture<?> _ = timer.scheduleWithFixedDelay(
                () -> {
                    if (registry.isIdle()) {
                        idle.countDown();
                    }
                },
                config.drainDelay().toMillis(),
                IDLE_POLL.toMillis(),
                TimeUnit.MILLISECONDS);
        try {
            Duration patience = config.drainDelay().plus(config.drainTimeout());
            if (!idle.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warnf(
                        "requests are still in flight after %d s",
                        config.drainTimeout().toSeconds());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            timer.shutdownNow();
        }
    }
}
