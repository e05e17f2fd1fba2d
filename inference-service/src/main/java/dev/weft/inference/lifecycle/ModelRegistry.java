package dev.weft.inference.lifecycle;

import dev.weft.inference.lifecycle.ModelState.Loading;
import dev.weft.inference.lifecycle.ModelState.Ready;
import dev.weft.inference.lifecycle.ModelState.Unavailable;
import dev.weft.inference.lifecycle.ModelState.Unloading;
import dev.weft.inference.modelpackage.ModelId;
import dev.weft.inference.tensor.Tensor;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.error.GrpcFailures;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReentrantLock;
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
    private final ConcurrentSkipListMap<ModelId, ModelState> states = new ConcurrentSkipListMap<>();
    private final ReentrantLock changes = new ReentrantLock();
    private volatile boolean started;

    ModelRegistry(EngineConfig config, ModelLoader loader) {
        this.repository = new ModelRepository(config.modelFolders());
        this.loader = loader;
        this.config = config;
    }

    /** Loads everything that the repository holds; a package that fails is left out and says why. Blocks until done. */
    public void loadAll() {
        changes.lock();
        try {
            SortedMap<ModelId, Path> found = repository.scan();
            if (found.isEmpty()) {
                LOG.warnf("no model package in %s", config.modelFolders());
            }
            found.keySet().forEach(id -> states.put(id, new Loading()));
            found.forEach(this::tryLoad);
        } catch (Failure e) {
            LOG.errorf("models: %s", e.getMessage());
        } finally {
            started = true;
            changes.unlock();
        }
    }

    /** True when everything that was found at start has either loaded or failed for good. */
    public boolean isReady() {
        return started;
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
        ModelState last = new Unavailable("no version");
        for (ModelState state : versions.values()) {
            last = state;
            if (state instanceof Ready(ServedModel model)) {
                highest = model;
            }
        }
        return highest != null ? highest : ready(name, last);
    }

    /**
     * Asks a model; see {@link #resolve} and {@link ServedModel#infer}. A model that is replaced at this moment costs the request
     * nothing: it is asked of the new one.
     */
    public Inference infer(String name, String version, InferenceRequest request) {
        while (true) {
            ServedModel model = resolve(name, version);
            Optional<List<Tensor>> outputs = model.infer(request);
            if (outputs.isPresent()) {
                return new Inference(model.source().id(), outputs.get());
            }
        }
    }

    /**
     * Asks a model for an answer in pieces; see {@link ServedModel#stream}. Replacement costs nothing, as for {@link #infer}.
     *
     * @param pieces takes each with the version that it comes from
     */
    public void stream(String name, String version, InferenceRequest request, Pieces pieces) {
        boolean asked = false;
        while (!asked) {
            ServedModel model = resolve(name, version);
            asked = model.stream(
                    request,
                    (outputs, last) ->
                            pieces.accept(new Inference(model.source().id(), outputs), last));
        }
    }

    /** Takes an answer's pieces. */
    @FunctionalInterface
    public interface Pieces {
        /** Takes one; nothing follows the last. */
        void accept(Inference piece, boolean last);
    }

    /**
     * What a model answered.
     *
     * @param model which version it was
     * @param outputs the wanted ones, in the wanted order
     */
    public record Inference(ModelId model, List<Tensor> outputs) {}

    private static ServedModel ready(String model, ModelState state) {
        return switch (state) {
            case Ready(ServedModel loaded) -> loaded;
            case Loading _ -> throw new Failure.Unavailable("model '" + model + "' is loading");
            case Unloading _ -> throw new Failure.Unavailable("model '" + model + "' is being unloaded");
            case Unavailable(String reason) ->
                throw new Failure.Unavailable("model '" + model + "' is not loaded: " + reason);
        };
    }

    /**
     * Loads all versions of a model as they lie in the repository now, and drops those that lie there no more.
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
                if (!found.containsKey(known)) {
                    retire(known);
                    states.remove(known);
                }
            }
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
     * Unloads all versions of a model; returns when requests in flight are finished and the memory is freed.
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
                states.put(id, new Unavailable("unloaded"));
            }
        } finally {
            changes.unlock();
        }
    }

    /** Loads one version; returns why that failed. An old graph serves until the new one takes its place. */
    private Optional<String> tryLoad(ModelId id, Path folder) {
        long start = System.nanoTime();
        ModelState before = states.get(id);
        if (!(before instanceof Ready)) {
            states.put(id, new Loading());
        }
        try {
            ServedModel model = loader.load(id, folder);
            states.put(id, new Ready(model));
            if (before instanceof Ready(ServedModel old)) {
                old.retire(config.unloadTimeout());
            }
            LOG.infof(
                    "model %s: %s from %s, loaded in %d ms",
                    id,
                    model.source().task().wireName(),
                    model.source().graph().getFileName(),
                    (System.nanoTime() - start) / 1_000_000);
            return Optional.empty();
        } catch (RuntimeException | LinkageError e) {
            Failure failure = GrpcFailures.toFailure(e);
            if (failure instanceof Failure.Internal) {
                LOG.errorf(failure, "model %s failed to load", id);
            } else {
                LOG.errorf("model %s cannot be loaded: %s", id, failure.getMessage());
            }
            if (!(before instanceof Ready)) {
                states.put(id, new Unavailable(failure.getMessage()));
            }
            return Optional.of(failure.getMessage());
        }
    }

    private void retire(ModelId id) {
        if (states.get(id) instanceof Ready(ServedModel model)) {
            states.put(id, new Unloading());
            model.retire(config.unloadTimeout());
        }
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
