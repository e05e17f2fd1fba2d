package dev.weft.gateway.door;

import dev.weft.gateway.keys.Scope;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What each method of each path needs; {@code {}} in a path is one segment, whatever it is. What is not listed needs {@link #ADMIN}, so
 * that a route which somebody forgets here is closed.
 */
final class AccessTable {

    static final Access OPEN = new Access.Open();
    static final Access ANY_KEY = new Access.AnyKey();
    static final Access INFER = new Access.OneOf(List.of(Scope.INFER));
    static final Access EMBED = new Access.OneOf(List.of(Scope.INFER, Scope.EMBED));
    static final Access FILES = new Access.OneOf(List.of(Scope.INFER, Scope.EMBED, Scope.TRAIN));
    static final Access TRAIN = new Access.OneOf(List.of(Scope.TRAIN));
    static final Access PUBLISH = new Access.OneOf(List.of(Scope.PUBLISH));
    static final Access WORKER = new Access.Worker();
    static final Access ADMIN = new Access.OneOf(List.of(Scope.ADMIN));

    private record Row(HttpMethod method, String path, Access access) {}

    private static final List<Row> ROWS = List.of(
            get("/q/health", OPEN),
            get("/q/health/{}", OPEN),
            get("/q/health/group/{}", OPEN),
            get("/q/openapi", ANY_KEY),
            get("/q/metrics", ADMIN),
            // The Open Inference Protocol
            get("/v2", ANY_KEY),
            get("/v2/health/live", OPEN),
            get("/v2/health/ready", OPEN),
            get("/v2/models", EMBED),
            get("/v2/models/{}", EMBED),
            get("/v2/models/{}/ready", EMBED),
            get("/v2/models/{}/versions/{}", EMBED),
            get("/v2/models/{}/versions/{}/ready", EMBED),
            post("/v2/models/{}/infer", INFER),
            post("/v2/models/{}/versions/{}/infer", INFER),
            post("/v2/repository/index", EMBED),
            post("/v2/repository/models/{}/load", ADMIN),
            post("/v2/repository/models/{}/unload", ADMIN),
            // The same by gRPC
            call("inference.GRPCInferenceService/ServerLive", OPEN),
            call("inference.GRPCInferenceService/ServerReady", OPEN),
            call("inference.GRPCInferenceService/ServerMetadata", ANY_KEY),
            call("inference.GRPCInferenceService/ModelReady", EMBED),
            call("inference.GRPCInferenceService/ModelMetadata", EMBED),
            call("inference.GRPCInferenceService/ModelInfer", INFER),
            call("inference.GRPCInferenceService/ModelStreamInfer", INFER),
            call("inference.GRPCInferenceService/RepositoryIndex", EMBED),
            call("inference.GRPCInferenceService/RepositoryModelLoad", ADMIN),
            call("inference.GRPCInferenceService/RepositoryModelUnload", ADMIN),
            call("grpc.health.v1.Health/Check", OPEN),
            call("grpc.health.v1.Health/Watch", OPEN),
            call("grpc.health.v1.Health/List", OPEN),
            call("grpc.reflection.v1.ServerReflection/ServerReflectionInfo", ANY_KEY),
            call("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", ANY_KEY),
            // OpenAI's and Cohere's conventions
            post("/v1/embeddings", EMBED),
            post("/v1/chat/completions", INFER),
            post("/v1/completions", INFER),
            post("/v1/rerank", INFER),
            post("/v1/files", FILES),
            get("/v1/files", FILES),
            get("/v1/files/{}", FILES),
            new Row(HttpMethod.DELETE, "/v1/files/{}", FILES),
            get("/v1/files/{}/content", FILES),
            post("/v1/batches", EMBED),
            get("/v1/batches", EMBED),
            get("/v1/batches/{}", EMBED),
            post("/v1/batches/{}/cancel", EMBED),
            post("/v1/fine_tuning/jobs", TRAIN),
            get("/v1/fine_tuning/jobs", TRAIN),
            get("/v1/fine_tuning/jobs/{}", TRAIN),
            post("/v1/fine_tuning/jobs/{}/cancel", TRAIN),
            get("/v1/fine_tuning/jobs/{}/events", TRAIN),
            get("/v1/fine_tuning/jobs/{}/checkpoints", TRAIN),
            get("/v1/models", EMBED),
            get("/v1/models/{}", EMBED),
            // Weft's own
            post("/api/v1/classify", INFER),
            get("/api/v1/collections", EMBED),
            post("/api/v1/collections", ADMIN),
            get("/api/v1/collections/{}", EMBED),
            new Row(HttpMethod.DELETE, "/api/v1/collections/{}", ADMIN),
            get("/api/v1/collections/{}/count", EMBED),
            post("/api/v1/collections/{}/points", EMBED),
            post("/api/v1/collections/{}/query", EMBED),
            post("/api/v1/collections/{}/fetch", EMBED),
            post("/api/v1/collections/{}/delete", EMBED),
            get("/api/v1/replicas", ADMIN),
            get("/api/v1/usage", ANY_KEY),
            get("/api/v1/audit", ADMIN),
            get("/api/v1/models", PUBLISH),
            post("/api/v1/models", ADMIN),
            get("/api/v1/models/{}", PUBLISH),
            new Row(HttpMethod.PATCH, "/api/v1/models/{}", ADMIN),
            post("/api/v1/models/{}/versions", PUBLISH),
            get("/api/v1/models/{}/versions/{}", PUBLISH),
            post("/api/v1/models/{}/archive", ADMIN),
            post("/api/v1/models/{}/restore", ADMIN),
            post("/api/v1/models/{}/versions/{}/archive", ADMIN),
            post("/api/v1/models/{}/versions/{}/restore", ADMIN),
            new Row(HttpMethod.PUT, "/api/v1/models/{}/aliases/{}", PUBLISH),
            new Row(HttpMethod.DELETE, "/api/v1/models/{}/aliases/{}", ADMIN),
            call("weft.catalog.v1.ModelCatalog/CreateModel", ADMIN),
            call("weft.catalog.v1.ModelCatalog/UpdateModel", ADMIN),
            call("weft.catalog.v1.ModelCatalog/GetModel", PUBLISH),
            call("weft.catalog.v1.ModelCatalog/ListModels", PUBLISH),
            call("weft.catalog.v1.ModelCatalog/RegisterVersion", PUBLISH),
            call("weft.catalog.v1.ModelCatalog/SetAlias", PUBLISH),
            call("weft.catalog.v1.ModelCatalog/DeleteAlias", ADMIN),
            call("weft.catalog.v1.ModelCatalog/Archive", ADMIN),
            call("weft.catalog.v1.ModelCatalog/Restore", ADMIN),
            call("weft.catalog.v1.ModelCatalog/ResolveModel", PUBLISH),
            post("/api/v1/training/jobs", TRAIN),
            get("/api/v1/training/jobs", TRAIN),
            get("/api/v1/training/jobs/{}", TRAIN),
            post("/api/v1/training/jobs/{}/cancel", TRAIN),
            get("/api/v1/training/jobs/{}/events", TRAIN),
            get("/api/v1/training/jobs/{}/logs", TRAIN),
            get("/api/v1/training/jobs/{}/metrics", TRAIN),
            get("/api/v1/training/runtimes", TRAIN),
            get("/api/v1/training/runtimes/{}", TRAIN),
            new Row(HttpMethod.PUT, "/api/v1/training/runtimes/{}", ADMIN),
            new Row(HttpMethod.DELETE, "/api/v1/training/runtimes/{}", ADMIN),
            get("/api/v1/training/backends", TRAIN),
            get("/api/v1/training/workers", ADMIN),
            post("/api/v1/training/workers", ADMIN),
            new Row(HttpMethod.DELETE, "/api/v1/training/workers/{}", ADMIN),
            post("/api/v1/training/worker/claim", WORKER),
            post("/api/v1/training/worker/runs/{}/heartbeat", WORKER),
            post("/api/v1/training/worker/runs/{}/report", WORKER),
            get("/api/v1/training/worker/runs/{}/data", WORKER),
            post("/api/v1/training/worker/runs/{}/files", WORKER),
            new Row(HttpMethod.PUT, "/api/v1/training/worker/runs/{}/files", WORKER),
            post("/api/v1/training/worker/runs/{}/complete", WORKER),
            post("/api/v1/training/worker/runs/{}/fail", WORKER),
            post("/api/v1/keys", ADMIN),
            get("/api/v1/keys", ADMIN),
            get("/api/v1/keys/{}", ADMIN),
            new Row(HttpMethod.PATCH, "/api/v1/keys/{}", ADMIN),
            new Row(HttpMethod.DELETE, "/api/v1/keys/{}", ADMIN));

    private static Row get(String path, Access access) {
        return new Row(HttpMethod.GET, path, access);
    }

    private static Row post(String path, Access access) {
        return new Row(HttpMethod.POST, path, access);
    }

    private static Row call(String method, Access access) {
        return new Row(HttpMethod.POST, "/" + method, access);
    }

    private final Map<String, List<Row>> exact = new HashMap<>();
    private final List<Row> patterns = new ArrayList<>();

    AccessTable() {
        for (Row row : ROWS) {
            if (row.path().contains("{}")) {
                patterns.add(row);
            } else {
                exact.computeIfAbsent(row.path(), _ -> new ArrayList<>(1)).add(row);
            }
        }
    }

    /**
     * What the request needs.
     *
     * @param path normalised, as the router has it
     */
    Access of(HttpMethod method, String path) {
        Access listed = find(method, path);
        return listed == null ? ADMIN : listed;
    }

    /** The row's access; null when the table has none for it. */
    @Nullable
    Access find(HttpMethod method, String path) {
        HttpMethod like = method.equals(HttpMethod.HEAD) ? HttpMethod.GET : method;
        String bare = path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        List<Row> rows = exact.get(bare);
        if (rows != null) {
            return find(rows, like, null);
        }
        return find(patterns, like, bare);
    }

    private static @Nullable Access find(List<Row> rows, HttpMethod method, @Nullable String path) {
        for (Row row : rows) {
            if (row.method().equals(method) && (path == null || matches(row.path(), path))) {
                return row.access();
            }
        }
        return null;
    }

    /** Whether the path is one of the pattern's. */
    private static boolean matches(String pattern, String path) {
        int at = 0;
        int from = 0;
        while (true) {
            int hole = pattern.indexOf("{}", at);
            int length = (hole < 0 ? pattern.length() : hole) - at;
            if (!path.regionMatches(from, pattern, at, length)) {
                return false;
            }
            from += length;
            if (hole < 0) {
                return from == path.length();
            }
            int end = path.indexOf('/', from);
            int next = end < 0 ? path.length() : end;
            if (next == from) {
                return false;
            }
            from = next;
            at = hole + 2;
        }
    }
}
