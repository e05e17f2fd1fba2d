package dev.weft.gateway.upstream;

import com.google.protobuf.MessageLite;
import dev.weft.gateway.catalog.CatalogView;
import dev.weft.gateway.catalog.ResolvedModel;
import dev.weft.gateway.routing.Placement;
import dev.weft.gateway.routing.Replica;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.ModelRepositoryParameter;
import dev.weft.protocol.inference.RepositoryIndexRequest;
import dev.weft.protocol.inference.RepositoryIndexResponse;
import dev.weft.protocol.inference.RepositoryIndexResponse.ModelIndex;
import dev.weft.protocol.inference.RepositoryModelLoadRequest;
import dev.weft.protocol.inference.RepositoryModelUnloadRequest;
import io.grpc.MethodDescriptor;
import io.quarkus.virtual.threads.VirtualThreads;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/** The protocol's model repository over all replicas as if they were one server. Blocks; thread-safe. */
@Singleton
public class ModelRepository {

    private static final String READY = "READY";

    private final ReplicaConnections connections;
    private final ReplicaDirectory directory;
    private final Placement placement;
    private final CatalogView catalog;
    private final ExecutorService threads;

    ModelRepository(
            ReplicaConnections connections,
            ReplicaDirectory directory,
            Placement placement,
            CatalogView catalog,
            @VirtualThreads ExecutorService threads) {
        this.connections = connections;
        this.directory = directory;
        this.placement = placement;
        this.catalog = catalog;
        this.threads = threads;
    }

    private record Key(String name, String version) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            int byName = name.compareTo(other.name);
            return byName != 0 ? byName : version.compareTo(other.version);
        }
    }

    /**
     * Every version that some replica knows, in the order of names and versions; ready when it is ready on one of them.
     *
     * @param readyOnly leaves out all others
     * @throws Failure when no replica answers
     */
    public Collection<ModelIndex> index(boolean readyOnly, Deadline deadline) {
        RepositoryIndexRequest request =
                RepositoryIndexRequest.newBuilder().setReady(readyOnly).build();
        Map<Key, ModelIndex> models = new TreeMap<>();
        List<Failure> failures = new ArrayList<>();
        List<Outcome<RepositoryIndexResponse>> outcomes =
                each(usable(), deadline, GRPCInferenceServiceGrpc.getRepositoryIndexMethod(), request);
        for (var outcome : outcomes) {
            if (outcome.failure() != null) {
                failures.add(outcome.failure());
            } else if (outcome.answer() != null) {
                for (ModelIndex model : outcome.answer().getModelsList()) {
                    models.merge(
                            new Key(model.getName(), model.getVersion()),
                            model,
                            (a, b) -> b.getState().equals(READY) ? b : a);
                }
            }
        }
        if (failures.size() == outcomes.size()) {
            throw failures.getFirst();
        }
        return models.values();
    }

    /**
     * Loads a model on the replicas where it belongs, and again on those that have it.
     *
     * @throws Failure when one of them cannot; the others have it then
     */
    public void load(String model, Deadline deadline) {
        List<ResolvedModel> targets = catalog.targets(model);
        for (ResolvedModel target : targets) {
            load(target.key(), target, deadline);
        }
        if (targets.isEmpty()) {
            load(model, null, deadline);
        }
    }

    private void load(String key, @Nullable ResolvedModel model, Deadline deadline) {
        change(
                require(placement.homes(key)),
                deadline,
                GRPCInferenceServiceGrpc.getRepositoryModelLoadMethod(),
                load(model, key));
    }

    /**
     * What a replica is told to load.
     *
     * @param model what the catalog knows of it; null for a model that lies in the replicas' folders
     * @param name of the model, where the catalog does not know it
     */
    static RepositoryModelLoadRequest load(@Nullable ResolvedModel model, String name) {
        if (model == null || model.version().isEmpty()) {
            return RepositoryModelLoadRequest.newBuilder().setModelName(name).build();
        }
        RepositoryModelLoadRequest.Builder request = RepositoryModelLoadRequest.newBuilder()
                .setModelName(model.name())
                .putParameters("version", parameter(model.version()));
        if (model.isObtainable()) {
            request.putParameters("source_uri", parameter(model.sourceUri()))
                    .putParameters("manifest_sha256", parameter(model.manifestSha256()));
        }
        return request.build();
    }

    private static ModelRepositoryParameter parameter(String value) {
        return ModelRepositoryParameter.newBuilder().setStringParam(value).build();
    }

    /**
     * Unloads a model everywhere; it stays unloaded until somebody loads it.
     *
     * @throws Failure when no replica knows it, or one of them cannot
     */
    public void unload(String model, Deadline deadline) {
        change(
                usable(),
                deadline,
                GRPCInferenceServiceGrpc.getRepositoryModelUnloadMethod(),
                RepositoryModelUnloadRequest.newBuilder().setModelName(model).build());
    }

    private <Q extends MessageLite, R> void change(
            List<Replica> replicas, Deadline deadline, MethodDescriptor<Q, R> method, Q request) {
        List<Outcome<R>> outcomes = each(replicas, deadline, method, request);
        // Other gateways learn of it within a second; this one at once, so that its next request finds what it has
        // done.
        await(replicas.stream()
                .map(replica -> directory.doubt(replica).toCompletionStage().toCompletableFuture())
                .toList());
        List<Failure> failures = new ArrayList<>();
        boolean known = false;
        for (Outcome<R> outcome : outcomes) {
            Failure failure = outcome.failure();
            known |= failure == null;
            if (failure != null) {
                failures.add(failure);
            }
        }
        boolean anyKnows = known;
        failures.stream()
                .filter(failure -> !(anyKnows && failure instanceof NotFound))
                .findFirst()
                .ifPresent(failure -> {
                    throw failure;
                });
    }

    private List<Replica> usable() {
        return require(placement.usable());
    }

    private static List<Replica> require(List<Replica> replicas) {
        if (replicas.isEmpty()) {
            throw new Unavailable("no replica of inference-service answers");
        }
        return replicas;
    }

    private record Outcome<R>(@Nullable R answer, @Nullable Failure failure) {}

    private <Q extends MessageLite, R> List<Outcome<R>> each(
            List<Replica> replicas, Deadline deadline, MethodDescriptor<Q, R> method, Q request) {
        List<CompletableFuture<Outcome<R>>> calls = replicas.stream()
                .map(replica -> CompletableFuture.supplyAsync(
                        () -> {
                            try {
                                return new Outcome<R>(connections.callOf(replica, deadline, method, request), null);
                            } catch (RuntimeException e) {
                                return new Outcome<R>(null, GrpcFailures.toFailure(e));
                            }
                        },
                        threads))
                .toList();
        await(calls);
        return calls.stream().map(CompletableFuture::join).toList();
    }

    /** Each of them has a deadline of its own. */
    private static void await(List<? extends CompletableFuture<?>> calls) {
        try {
            CompletableFuture.allOf(calls.toArray(CompletableFuture[]::new)).get();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new Cancelled("the client went away");
        } catch (ExecutionException e) {
            throw GrpcFailures.toFailure(e);
        }
    }
}
