package dev.weft.gateway.upstream;

import dev.weft.gateway.catalog.CatalogView;
import dev.weft.gateway.routing.Placement;
import dev.weft.gateway.routing.Replica;
import dev.weft.gateway.routing.ReplicaStatus;
import dev.weft.kit.error.Failure;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.v1.GetStatusRequest;
import dev.weft.protocol.inference.v1.GetStatusResponse;
import dev.weft.protocol.inference.v1.ModelStatus;
import dev.weft.protocol.inference.v1.ReplicaGrpc;
import io.quarkus.virtual.threads.VirtualThreads;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Finds the replicas of inference-service and asks each again and again how it is doing, has models loaded where {@link Placement} wants
 * them, and forgets replicas whose name has lost them. While a name server does not answer, what it said last holds. Thread-safe.
 */
@Singleton
public class ReplicaDirectory {

    private static final Logger LOG = Logger.getLogger(ReplicaDirectory.class);

    private static final Duration LOOKUP_INTERVAL = Duration.ofSeconds(10);
    private static final Duration STATUS_TIMEOUT = Duration.ofSeconds(2);

    /** Replicas that are asked at the same time. */
    private static final int ASKED_AT_ONCE = 64;

    /** How long a load that failed is not tried again. */
    private static final Duration LOAD_PAUSE = Duration.ofSeconds(2);

    /** How long what replicas in trouble have said is not doubted, however many requests would like to go there. */
    private static final Duration MIN_PAUSE = Duration.ofMillis(100);

    private record Load(String model, Replica replica) {}

    private final ReplicaConnections connections;
    private final Placement placement;
    private final CatalogView catalog;
    private final UpstreamConfig config;
    private final Vertx vertx;
    private final ExecutorService threads;
    private final Target.Resolver resolver;
    private final Map<String, List<Target>> targets = new LinkedHashMap<>();
    private final Map<Target, List<String>> found = new HashMap<>();
    private final Map<String, Replica> replicas = new LinkedHashMap<>();
    private final Map<Load, Future<Void>> loads = new ConcurrentHashMap<>();
    private final AtomicBoolean looking = new AtomicBoolean();
    private final AtomicBoolean doubted = new AtomicBoolean();
    private final AtomicReference<@Nullable Future<Void>> askingUnusable = new AtomicReference<>();
    private final Promise<Void> firstLook = Promise.promise();
    private volatile long askedUnusable = System.nanoTime() - MIN_PAUSE.toNanos();
    private long lookedUp;
    private long timer = -1;

    @Inject
    ReplicaDirectory(
            ReplicaConnections connections,
            Placement placement,
            CatalogView catalog,
            UpstreamConfig config,
            Vertx vertx,
            @VirtualThreads ExecutorService threads) {
        this(connections, placement, catalog, config, vertx, threads, InetAddress::getAllByName);
    }

    ReplicaDirectory(
            ReplicaConnections connections,
            Placement placement,
            CatalogView catalog,
            UpstreamConfig config,
            Vertx vertx,
            ExecutorService threads,
            Target.Resolver resolver) {
        this.connections = connections;
        this.placement = placement;
        this.catalog = catalog;
        this.config = config;
        this.vertx = vertx;
        this.threads = threads;
        this.resolver = resolver;
        if (config.pools().isEmpty()) {
            targets.put("default", parse("weft.gateway.inference.target", config.target()));
        } else {
            config.pools()
                    .forEach((pool, of) -> targets.put(
                            pool, parse("weft.gateway.inference.pools." + pool + ".targets", of.targets())));
        }
    }

    private static List<Target> parse(String property, List<String> texts) {
        return texts.stream().map(text -> Target.parse(property, text)).toList();
    }

    @PostConstruct
    void start() {
        timer = vertx.setPeriodic(0, Math.max(1, config.statusInterval().toMillis()), _ -> wake());
    }

    @PreDestroy
    void stop() {
        vertx.cancelTimer(timer);
    }

    /** Completes when the replicas have been looked for once. */
    Future<Void> firstLook() {
        return firstLook.future();
    }

    private void wake() {
        if (looking.compareAndSet(false, true)) {
            threads.execute(() -> {
                try {
                    look();
                } catch (RuntimeException e) {
                    LOG.errorf(e, "replicas of inference-service cannot be looked at");
                } finally {
                    firstLook.tryComplete();
                    looking.set(false);
                }
            });
        }
    }

    private void look() {
        long now = System.nanoTime();
        if (replicas.isEmpty() || doubted.getAndSet(false) || now - lookedUp > LOOKUP_INTERVAL.toNanos()) {
            lookedUp = now;
            lookUp();
        }
        askAll(List.copyOf(replicas.values()));
        for (Placement.Wanted wanted : placement.look()) {
            Future<Void> _ = load(wanted.model(), wanted.replica());
        }
    }

    private void lookUp() {
        Map<String, Replica> current = new LinkedHashMap<>();
        targets.forEach((pool, ofPool) -> {
            for (Target target : ofPool) {
                for (String id : resolve(target)) {
                    Replica known = replicas.get(id);
                    current.put(
                            id,
                            known != null && known.pool().equals(pool) ? known : new Replica(id, pool, target.host()));
                }
            }
        });
        if (!current.equals(replicas)) {
            if (!replicas.isEmpty()) {
                LOG.infof("replicas of inference-service: %s (before: %s)", current.keySet(), replicas.keySet());
            }
            replicas.clear();
            replicas.putAll(current);
            placement.members(List.copyOf(current.values()));
        }
    }

    private List<String> resolve(Target target) {
        try {
            List<String> now = target.replicas(resolver);
            found.put(target, now);
            return now;
        } catch (UnknownHostException e) {
            LOG.debugf("%s is not found: %s", target, e.getMessage());
            return found.getOrDefault(target, List.of());
        }
    }

    private void askAll(List<Replica> asked) {
        Semaphore slots = new Semaphore(ASKED_AT_ONCE);
        for (Replica replica : asked) {
            slots.acquireUninterruptibly();
            threads.execute(() -> {
                try {
                    ask(replica);
                } finally {
                    slots.release();
                }
            });
        }
        slots.acquireUninterruptibly(ASKED_AT_ONCE);
    }

    private void ask(Replica replica) {
        long start = System.nanoTime();
        try {
            GetStatusResponse status = connections.callOf(
                    replica,
                    Deadline.after(STATUS_TIMEOUT),
                    ReplicaGrpc.getGetStatusMethod(),
                    GetStatusRequest.getDefaultInstance());
            boolean silent =
                    !replica.trouble().isEmpty() && !replica.status().instance().equals(status.getInstanceId());
            replica.told(status(status));
            if (silent) {
                LOG.infof("%s (%s, %s) answers", replica, replica.pool(), status.getDevice());
            }
        } catch (Failure.Unimplemented _) {
            // Some other server of the protocol: which models it has nobody knows, and any of them may be asked of it.
            replica.told(new ReplicaStatus("", "", true, false, 0, 0, Map.of()));
        } catch (Failure failure) {
            if (!replica.hasRefusedSince(start)) {
                if (replica.trouble().isEmpty()) {
                    LOG.warnf("%s does not answer: %s", replica, failure.getMessage());
                }
                replica.silent("does not answer");
            }
            doubted.set(true);
        }
    }

    private static ReplicaStatus status(GetStatusResponse status) {
        Map<String, ReplicaStatus.Model> models = new HashMap<>();
        for (ModelStatus model : status.getModelsList()) {
            ReplicaStatus.Model told = new ReplicaStatus.Model(
                    state(model), model.getReason(), model.getWeightBytes(), model.getInFlight());
            models.put(model.getName() + ":" + model.getVersion(), told);
            // The version that is best off stands for the name.
            models.merge(model.getName(), told, (a, b) -> a.state().compareTo(b.state()) <= 0 ? a : b);
        }
        return new ReplicaStatus(
                status.getInstanceId(),
                status.getDevice(),
                status.getReady(),
                status.getDraining(),
                status.getMemoryBudgetBytes(),
                status.getMemoryUsedBytes(),
                models);
    }

    private static ReplicaStatus.State state(ModelStatus model) {
        return switch (model.getState()) {
            case MODEL_STATE_READY -> ReplicaStatus.State.READY;
            case MODEL_STATE_LOADING -> ReplicaStatus.State.LOADING;
            case MODEL_STATE_AVAILABLE -> ReplicaStatus.State.AVAILABLE;
            case MODEL_STATE_UNLOADED -> ReplicaStatus.State.UNLOADED;
            case MODEL_STATE_FAILED, MODEL_STATE_UNSPECIFIED, UNRECOGNIZED -> ReplicaStatus.State.FAILED;
        };
    }

    /** Somebody waits for a replica: their names are looked up again before their time. */
    void lookSoon() {
        doubted.set(true);
    }

    /** A replica has failed a call; it is asked how it is doing before its time, and its name is looked up again. */
    Future<Void> doubt(Replica replica) {
        doubted.set(true);
        Promise<Void> asked = Promise.promise();
        threads.execute(() -> {
            ask(replica);
            asked.complete();
        });
        return asked.future();
    }

    /** Asks those that no request may go to how they are doing, before their time; requests that come meanwhile share the answers. */
    Future<Void> askUnusable() {
        List<Replica> unusable = placement.unusable();
        if (unusable.isEmpty() || System.nanoTime() - askedUnusable < MIN_PAUSE.toNanos()) {
            return Future.succeededFuture();
        }
        Promise<Void> asked = Promise.promise();
        Future<Void> running = askingUnusable.compareAndExchange(null, asked.future());
        if (running != null) {
            return running;
        }
        threads.execute(() -> {
            try {
                askAll(unusable);
            } finally {
                askedUnusable = System.nanoTime();
                askingUnusable.set(null);
                asked.complete();
            }
        });
        return asked.future();
    }

    /**
     * Has the replica load the model; requests that wait for the same share one load. Fails with a {@link Failure}.
     *
     * @param model its key
     */
    Future<Void> load(String model, Replica replica) {
        Load load = new Load(model, replica);
        Promise<Void> promise = Promise.promise();
        Future<Void> running = loads.putIfAbsent(load, promise.future());
        if (running != null) {
            return running;
        }
        threads.execute(() -> {
            long start = System.nanoTime();
            try {
                connections.callOf(
                        replica,
                        Deadline.after(config.loadTimeout()),
                        GRPCInferenceServiceGrpc.getRepositoryModelLoadMethod(),
                        ModelRepository.load(catalog.ofKey(model), model));
                LOG.infof("%s has loaded %s in %d ms", replica, model, (System.nanoTime() - start) / 1_000_000);
                ask(replica);
                promise.complete();
            } catch (Failure failure) {
                LOG.warnf("%s cannot load %s: %s", replica, model, failure.getMessage());
                ask(replica);
                promise.fail(failure);
                // Until then whoever needs the model is told why it cannot be had.
                vertx.setTimer(LOAD_PAUSE.toMillis(), _ -> loads.remove(load));
                return;
            }
            loads.remove(load);
        });
        return promise.future();
    }
}
