package dev.weft.inference.lifecycle;

import dev.weft.inference.lifecycle.ModelState.Cause;
import dev.weft.inference.lifecycle.ModelState.Loading;
import dev.weft.inference.lifecycle.ModelState.Ready;
import dev.weft.inference.lifecycle.ModelState.Unavailable;
import dev.weft.inference.lifecycle.ModelState.Unloading;
import dev.weft.inference.modelpackage.ModelId;
import dev.weft.inference.modelpackage.ModelPackage;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.telemetry.MetricNames;
import dev.weft.store.cache.CachedPackage;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * What this replica has loaded. Reading is lock-free; loads and unloads come one after another, and never hold up a request: a
 * version that is loaded again serves from its old graph until the new one is ready. Thread-safe.
 */
@Singleton
public class ModelRegistry {

    private static final Logger LOG = Logger.getLogger(ModelRegistry.class);

    private final ModelRepository repository;
    private final ModelLoader loader;
    private final EngineConfig config;
    private final MemoryBudget budget;
    private final FetchedPackages packages;
    private final ConcurrentSkipListMap<ModelId, ModelState> states = new ConcurrentSkipListMap<>();
    private final ReentrantLock changes = new ReentrantLock();

    private final ResidentModels resident = new ResidentModels();

    /** What each version's files looked like when it was last loaded or failed to; guarded by {@link #changes}. */
    private final Map<ModelId, Fingerprint> loadedFrom = new HashMap<>();

    /** What each version's files looked like at the last look; guarded by {@link #changes}. */
    private Map<ModelId, Fingerprint> lastSeen = Map.of();

    private volatile boolean started;
    private volatile boolean ending;

    ModelRegistry(EngineConfig config, ModelLoader loader, FetchedPackages packages, MeterRegistry meters) {
        this.repository = new ModelRepository(config.modelFolders());
        this.loader = loader;
        this.packages = packages;
        this.config = config;
        this.budget = MemoryBudget.of(config);
        Gauge.builder(MetricNames.INFERENCE_MODELS_MEMORY, resident, ResidentModels::bytes)
                .description("Weights of all loaded models")
                .register(meters);
    }

    /**
     * Loads what the repository holds, as far as models are loaded at start; a package that fails is left out and says why. Blocks until
     * done.
     */
    public void start() {
        changes.lock();
        try {
            SortedMap<ModelId, Path> found = repository.scan();
            if (found.isEmpty()) {
                LOG.warnf("no model package in %s", config.modelFolders());
            }
            if (config.loadAtStart() == LoadAtStart.ALL) {
                found.keySet().forEach(id -> states.put(id, new Loading()));
                found.forEach(this::tryLoad);
            } else {
                found.forEach(this::offer);
            }
        } catch (RuntimeException e) {
            LOG.errorf("models: %s", e.getMessage());
        } finally {
            started = true;
            changes.unlock();
        }
    }

    /** True when everything that was found at start has either loaded or failed for good, and the process is not ending. */
    public boolean isReady() {
        return started && !ending;
    }

    /** True when the process is about to end. */
    public boolean isEnding() {
        return ending;
    }

    /** Bytes of weights that may be loaded; {@link Long#MAX_VALUE} when nothing limits them. */
    public long memoryBudget() {
        return budget.limit();
    }

    /** Bytes of weights that are loaded. */
    public long memoryUsed() {
        return (long) resident.bytes();
    }

    /** Every version that is known, in the order of names and versions. */
    public Map<ModelId, ModelState> index() {
        return new TreeMap<>(states);
    }

    /** The versions of a model, lowest first; empty when there is no such model. */
    public Map<ModelId, ModelState> versions(String name) {
        if (!ModelId.isName(name)) {
            return Map.of();
        }
        return states.subMap(new ModelId(name, 0), true, new ModelId(name, Long.MAX_VALUE), true);
    }

    /**
     * The model that answers for a name.
     *
     * @param version in decimal digits; empty means the highest that is ready
     * @throws NotFound when nobody knows the model or the version
     * @throws dev.weft.kit.error.Failure.Unavailable when it is known and not ready; says why
     */
    public ServedModel resolve(String name, String version) {
        Map<ModelId, ModelState> versions = versions(name);
        if (versions.isEmpty()) {
            throw new NotFound("model '" + name + "' is unknown (known: "
                    + states.keySet().stream().map(ModelId::name).distinct().toList() + ")");
        }
        if (!version.isEmpty()) {
            ModelState state =
                    ModelId.isVersion(version) ? versions.get(new ModelId(name, Long.parseLong(version))) : null;
            if (state == null) {
                throw new NotFound("model '" + name + "' has no version '" + version + "' (known: "
                        + versions.keySet().stream().map(ModelId::version).toList() + ")");
            }
            return ready(name + ":" + version, state);
        }
        ServedModel highest = null;
        ModelState last = new Unavailable(Cause.FAILED, "no version");
        for (ModelState state : versions.values()) {
            last = state;
            if (state instanceof Ready(ServedModel model, String _)) {
                highest = model;
            }
        }
        return highest != null ? highest : ready(name, last);
    }

    private static ServedModel ready(String name, ModelState state) {
        return switch (state) {
            case Ready(ServedModel model, String _) -> model;
            case Loading _ -> throw new Failure.Unavailable("model '" + name + "' is loading");
            case Unloading _ -> throw new Failure.Unavailable("model '" + name + "' is being unloaded");
            case Unavailable(Cause _, String reason) ->
                throw new Failure.Unavailable("model '" + name + "' is not loaded: " + reason);
        };
    }

    /**
     * Asks a model; see {@link #resolve} and {@link ServedModel#infer}. A model that is replaced at this moment costs the request
     * nothing: it is asked of the new one.
     */
    public CompletableFuture<Answer> infer(
            String name, String version, Supplier<InferenceRequest> request, long bytes) {
        while (true) {
            Optional<CompletableFuture<Answer>> answer = resolve(name, version).infer(request, bytes);
            if (answer.isPresent()) {
                return answer.get();
            }
        }
    }

    /**
     * Asks a model for an answer in pieces; see {@link ServedModel#stream}. Replacement costs nothing, as for {@link #infer}.
     *
     * @param pieces takes each as soon as there is one
     */
    public void stream(String name, String version, InferenceRequest request, long bytes, ServedModel.Pieces pieces) {
        while (!resolve(name, version).stream(request, bytes, pieces)) {
            // retired between the two calls: another one has its place
        }
    }

    /**
     * Loads all versions of a model that the repository has, replacing those that are loaded; versions that it has no more are unloaded.
     *
     * @throws NotFound when the repository has no such model
     * @throws FailedPrecondition when a version cannot be loaded; one that served before goes on serving
     */
    public void load(String name) {
        changes.lock();
        try {
            SortedMap<ModelId, Path> found = repository.scan(name);
            if (found.isEmpty()) {
                throw new NotFound("model '" + name + "' is not in the repository");
            }
            for (ModelId known : List.copyOf(versions(name).keySet())) {
                if (!found.containsKey(known) && !packages.covers(known)) {
                    forget(known);
                }
            }
            found.keySet().removeIf(packages::covers);
            List<String> failures = new ArrayList<>();
            found.forEach((id, folder) -> tryLoad(id, folder).ifPresent(reason -> failures.add(id + ": " + reason)));
            if (!failures.isEmpty()) {
                throw new FailedPrecondition(String.join("; ", failures));
            }
        } finally {
            changes.unlock();
        }
    }

    /**
     * Loads one version of a model that lies in the folders.
     *
     * @throws NotFound when it does not
     * @throws FailedPrecondition as {@link #load(String)}
     */
    public void load(ModelId id) {
        changes.lock();
        try {
            Path folder = repository.scan(id.name()).get(id);
            if (folder == null) {
                throw new NotFound("model '" + id + "' is not in the repository");
            }
            requireLoaded(id, folder);
        } finally {
            changes.unlock();
        }
    }

    /**
     * Loads one version of a model from a model store, whatever the folders have by its name. Fetching it holds up nobody else's load.
     *
     * @throws Failure when its package cannot be had; the version is then as if nobody had asked for it
     * @throws FailedPrecondition when the package cannot be loaded
     */
    public void load(ModelId id, PackageSource source) {
        if (packages.holds(id, source) && states.get(id) instanceof Ready) {
            return;
        }
        // Until it is here it counts as loading, so that nobody else is told to load it.
        states.compute(id, (_, now) -> now == null || now instanceof Unavailable ? new Loading() : now);
        CachedPackage fetched;
        try {
            fetched = packages.fetch(id, source);
        } catch (RuntimeException e) {
            notFetched(id, GrpcFailures.toFailure(e));
            throw e;
        }
        changes.lock();
        try {
            if (packages.holds(id, source) && states.get(id) instanceof Ready) {
                fetched.close(); // somebody else was faster
                return;
            }
            packages.hold(id, fetched);
            requireLoaded(id, fetched.folder());
        } finally {
            changes.unlock();
        }
    }

    /** The store may be back when it is asked for again: the version is not broken. */
    private void notFetched(ModelId id, Failure failure) {
        LOG.errorf("model %s cannot be fetched: %s", id, failure.getMessage());
        changes.lock();
        try {
            if (states.get(id) instanceof Loading && !packages.covers(id)) {
                states.put(id, new Unavailable(Cause.NOT_NEEDED, failure.getMessage()));
            }
        } finally {
            changes.unlock();
        }
    }

    private void requireLoaded(ModelId id, Path folder) {
        tryLoad(id, folder).ifPresent(reason -> {
            throw new FailedPrecondition(id + ": " + reason);
        });
    }

    /**
     * Unloads all versions of a model; returns when requests in flight are finished and the memory is freed. It stays unloaded until it is
     * loaded by name, or until its files change.
     *
     * @throws NotFound when the model is unknown
     */
    public void unload(String name) {
        changes.lock();
        try {
            Map<ModelId, ModelState> versions = versions(name);
            if (versions.isEmpty()) {
                throw new NotFound("model '" + name + "' is unknown");
            }
            for (ModelId id : List.copyOf(versions.keySet())) {
                retire(id);
                states.put(id, new Unavailable(Cause.UNLOADED, "unloaded"));
            }
        } finally {
            changes.unlock();
        }
    }

    /**
     * Brings what is loaded in line with the repository: loads versions whose files are new or changed and have stood still since the last
     * call, unloads those that are gone. Blocks until done; to be called now and then.
     */
    public void follow() {
        changes.lock();
        try {
            SortedMap<ModelId, Path> found = repository.scan();
            found.keySet().removeIf(packages::covers);
            Map<ModelId, Fingerprint> seen = new HashMap<>();
            found.forEach((id, folder) -> look(id, folder).ifPresent(now -> {
                seen.put(id, now);
                if (now.equals(lastSeen.get(id)) && !now.equals(loadedFrom.get(id))) {
                    LOG.infof("model %s: new files in %s", id, folder);
                    if (config.loadAtStart() == LoadAtStart.ALL || states.get(id) instanceof Ready) {
                        tryLoad(id, folder);
                    } else {
                        offer(id, folder);
                    }
                }
            }));
            for (ModelId known : List.copyOf(states.keySet())) {
                if (!found.containsKey(known) && !packages.covers(known)) {
                    LOG.infof("model %s: its files are gone", known);
                    forget(known);
                }
            }
            lastSeen = seen;
        } catch (Failure e) {
            LOG.errorf("models: %s", e.getMessage());
        } finally {
            changes.unlock();
        }
    }

    /** Makes a version known that is loaded when somebody needs it. */
    private void offer(ModelId id, Path folder) {
        look(id, folder).ifPresent(now -> {
            loadedFrom.put(id, now);
            states.put(id, new Unavailable(Cause.NOT_NEEDED, "not loaded"));
        });
    }

    /** What a version's files look like; empty when they cannot be looked at, which is no other version's business. */
    private static Optional<Fingerprint> look(ModelId id, Path folder) {
        try {
            return Optional.of(Fingerprint.of(folder));
        } catch (FailedPrecondition e) {
            LOG.warnf("model %s: %s", id, e.getMessage());
            return Optional.empty();
        }
    }

    /** Loads one version; returns why that failed. An old graph serves until the new one takes its place. */
    private Optional<String> tryLoad(ModelId id, Path folder) {
        long start = System.nanoTime();
        ModelState before = states.get(id);
        if (!(before instanceof Ready)) {
            states.put(id, new Loading());
        }
        ServedModel model;
        Cause cause = Cause.FAILED;
        try {
            loadedFrom.put(id, Fingerprint.of(folder));
            ModelPackage source = loader.read(id, folder);
            // Room may come: a model that finds none now is not broken.
            cause = Cause.NOT_NEEDED;
            makeRoom(source);
            cause = Cause.FAILED;
            model = loader.load(source);
        } catch (Throwable e) {
            // Whatever it is: a package that breaks its load must not keep the others from being served.
            Failure failure = GrpcFailures.toFailure(e);
            if (failure instanceof Failure.Internal) {
                LOG.errorf(failure, "model %s failed to load", id);
            } else {
                LOG.errorf("model %s cannot be loaded: %s", id, failure.getMessage());
            }
            states.put(
                    id,
                    before instanceof Ready(ServedModel old, String _)
                            ? new Ready(old, "not replaced: " + failure.getMessage())
                            : new Unavailable(cause, failure.getMessage()));
            return Optional.of(failure.getMessage());
        }
        resident.add(model);
        states.put(id, new Ready(model, ""));
        LOG.infof(
                "model %s: %s from %s, loaded in %d ms",
                id,
                model.source().task().wireName(),
                model.source()
                        .graph()
                        .map(graph -> graph.getFileName().toString())
                        .orElse("its provider"),
                (System.nanoTime() - start) / 1_000_000);
        if (before instanceof Ready(ServedModel old, String _)) {
            resident.free(old, config.unloadTimeout());
        }
        return Optional.empty();
    }

    /** Unloads what must go so that the model fits; again, when one of them has got a request meanwhile and does not end. */
    private void makeRoom(ModelPackage source) {
        for (List<ModelId> evicted = evictedFor(source); !evicted.isEmpty(); evicted = evictedFor(source)) {
            for (ModelId id : evicted) {
                LOG.infof("model %s is unloaded to make room for %s", id, source.id());
                retire(id);
                states.put(id, new Unavailable(Cause.NOT_NEEDED, "unloaded to make room for " + source.id()));
            }
        }
    }

    private List<ModelId> evictedFor(ModelPackage source) {
        Map<ModelId, MemoryBudget.Resident> loaded = new HashMap<>();
        Set<ServedModel> leaving = resident.all();
        states.forEach((id, state) -> {
            if (state instanceof Ready(ServedModel model, String _)) {
                boolean removable = model.inFlight().isEmpty() && !id.equals(source.id());
                loaded.put(
                        id,
                        new MemoryBudget.Resident(
                                model.weightBytes(), model.inFlight().lastEntered(), removable));
                leaving.remove(model);
            }
        });
        long leavingBytes = leaving.stream().mapToLong(ServedModel::weightBytes).sum();
        return budget.evictedFor(source.id(), source.weightBytes(), loaded, leavingBytes);
    }

    private void forget(ModelId id) {
        retire(id);
        states.remove(id);
        loadedFrom.remove(id);
    }

    private void retire(ModelId id) {
        if (states.get(id) instanceof Ready(ServedModel model, String _)) {
            states.put(id, new Unloading());
            resident.free(model, config.unloadTimeout());
        }
        packages.release(id);
    }

    /** Fails the requests that have waited until after their deadline. */
    void expire() {
        resident.all().forEach(ServedModel::expire);
    }

    /** Says from now on that this replica is not ready; it goes on serving. */
    void end() {
        ending = true;
    }

    /** True when no request is in flight. */
    boolean isIdle() {
        return resident.all().stream().allMatch(model -> model.inFlight().isEmpty());
    }

    @PreDestroy
    void close() {
        changes.lock();
        try {
            states.keySet().forEach(this::retire);
        } finally {
            changes.unlock();
        }
    }
}
