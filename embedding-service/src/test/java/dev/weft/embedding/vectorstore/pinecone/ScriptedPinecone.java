package dev.weft.embedding.vectorstore.pinecone;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.embedding.vectorstore.Metric;
import dev.weft.embedding.vectorstore.Vectors;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * A server that answers as Pinecone's API 2026-04 is documented to, from memory: the indexes of the control plane, and vectors, queries and
 * statistics of the data plane on the same port. Faults can be put before the next answers.
 */
final class ScriptedPinecone {

    static final String KEY = "pcsk_for-tests";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Vertx vertx = Vertx.vertx();
    private final HttpServer server;
    private final Map<String, ObjectNode> indexes = new TreeMap<>();
    private final Map<String, Map<String, ObjectNode>> namespaces = new TreeMap<>();
    private final Deque<Fault> faults = new ArrayDeque<>();
    private final List<String> requests = new ArrayList<>();
    private final List<Integer> sizes = new ArrayList<>();
    private int looksUntilReady = 1;

    /** A request, and what is answered to it. */
    record Exchange(HttpServerRequest request, Buffer body) {
        String method() {
            return request.method().name();
        }

        String path() {
            return String.valueOf(request.path());
        }

        void write(int status, String text) {
            request.response().setStatusCode(status).end(text);
        }
    }

    /** What goes wrong with a request. */
    @FunctionalInterface
    interface Fault {
        void answer(Exchange exchange);
    }

    ScriptedPinecone() throws Exception {
        server = vertx.createHttpServer()
                .requestHandler(request -> request.bodyHandler(body -> handle(new Exchange(request, body))))
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + server.actualPort());
    }

    /** The next requests meet these, one each. */
    synchronized void fail(Fault... next) {
        faults.addAll(List.of(next));
    }

    static Fault status(int status, String body) {
        return exchange -> exchange.write(status, body);
    }

    static Fault tooMany(int retryAfterSeconds) {
        return exchange -> {
            exchange.request().response().putHeader("Retry-After", Integer.toString(retryAfterSeconds));
            exchange.write(429, "{\"code\": 8, \"message\": \"too many\", \"details\": []}");
        };
    }

    /** Never answers. */
    static Fault silence() {
        return exchange -> exchange.request().response().setStatusCode(200);
    }

    /** Says that more comes than does. */
    static Fault cut() {
        return exchange -> {
            exchange.request().response().putHeader("Content-Length", "1000").write("{\"matches\": [");
            exchange.request().connection().close();
        };
    }

    /** Method and path of each request so far. */
    synchronized List<String> requests() {
        return List.copyOf(requests);
    }

    /** How many vectors each upsert brought. */
    synchronized List<Integer> upsertSizes() {
        return List.copyOf(sizes);
    }

    synchronized void becomeReadyAfter(int looks) {
        looksUntilReady = looks;
    }

    private void handle(Exchange exchange) {
        Fault fault;
        synchronized (this) {
            requests.add(exchange.method() + " " + exchange.path());
            fault = faults.poll();
        }
        if (fault != null) {
            fault.answer(exchange);
        } else if (!KEY.equals(exchange.request().getHeader("Api-Key"))) {
            exchange.write(401, "Invalid API Key");
        } else if (!"2026-04".equals(exchange.request().getHeader("X-Pinecone-Api-Version"))) {
            exchange.write(400, "{\"code\": 3, \"message\": \"unknown version\"}");
        } else if (exchange.body().length() > 2 << 20) {
            exchange.write(413, "{\"code\": 11, \"message\": \"over 2 MB\"}");
        } else {
            answer(exchange, json(exchange.body()));
        }
    }

    private static ObjectNode json(Buffer body) {
        try {
            return body.length() == 0 ? JSON.createObjectNode() : (ObjectNode) JSON.readTree(body.getBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private synchronized void answer(Exchange exchange, ObjectNode body) {
        String path = exchange.path();
        if (path.startsWith("/indexes")) {
            control(exchange, path, body);
            return;
        }
        switch (exchange.method() + " " + path) {
            case "POST /vectors/upsert" -> upsert(exchange, body);
            case "POST /query" -> query(exchange, body);
            case "GET /vectors/fetch" -> fetch(exchange);
            case "GET /vectors/list" -> list(exchange);
            case "POST /vectors/delete" -> delete(exchange, body);
            case "POST /describe_index_stats" -> statistics(exchange);
            default -> exchange.write(404, "{\"code\": 5, \"message\": \"no such path\"}");
        }
    }

    private void control(Exchange exchange, String path, ObjectNode body) {
        if (exchange.method().equals("POST")) {
            String name = body.path("name").asText();
            if (indexes.containsKey(name)) {
                exchange.write(409, controlError(409, "ALREADY_EXISTS", "exists"));
            } else if (!body.path("spec").path("serverless").has("cloud")
                    || !body.path("spec").path("serverless").has("region")
                    || !body.path("dimension").isInt()) {
                exchange.write(422, controlError(422, "INVALID_ARGUMENT", "spec"));
            } else {
                indexes.put(name, body.put("host", uri().getAuthority()));
                exchange.write(201, describe(body).toString());
            }
            return;
        }
        ObjectNode index = indexes.get(path.substring("/indexes/".length()));
        exchange.write(
                index == null ? 404 : 200,
                index == null
                        ? controlError(404, "NOT_FOUND", "no such index")
                        : describe(index).toString());
    }

    private static String controlError(int status, String code, String message) {
        return "{\"status\": " + status + ", \"error\": {\"code\": \"" + code + "\", \"message\": \"" + message
                + "\"}}";
    }

    private ObjectNode describe(ObjectNode index) {
        boolean ready = --looksUntilReady < 0;
        ObjectNode described = index.deepCopy();
        described.putObject("status").put("ready", ready).put("state", ready ? "Ready" : "Initializing");
        return described;
    }

    private void upsert(Exchange exchange, ObjectNode body) {
        JsonNode vectors = body.path("vectors");
        if (vectors.size() > 1_000) {
            exchange.write(400, "{\"code\": 3, \"message\": \"over 1000 vectors\"}");
            return;
        }
        sizes.add(vectors.size());
        vectors.forEach(vector -> namespaces
                .computeIfAbsent(body.path("namespace").asText(), _ -> new TreeMap<>())
                .put(vector.path("id").asText(), (ObjectNode) vector));
        exchange.write(200, "{\"upsertedCount\": " + vectors.size() + "}");
    }

    private Map<String, ObjectNode> namespace(String name) {
        return namespaces.getOrDefault(name, Map.of());
    }

    private void query(Exchange exchange, ObjectNode body) {
        Metric metric = metric(body.path("vector").size());
        float[] near = floats(body.path("vector"));
        List<ObjectNode> matches = new ArrayList<>();
        for (ObjectNode record : namespace(body.path("namespace").asText()).values()) {
            if (!body.has("filter") || PineconeRules.matches(body.path("filter"), record.path("metadata"))) {
                double score = Vectors.score(metric, near, floats(record.path("values")));
                ObjectNode match =
                        JSON.createObjectNode().put("id", record.path("id").asText());
                match.put("score", metric == Metric.EUCLIDEAN ? score * score : score);
                if (body.path("includeValues").asBoolean()) {
                    match.set("values", record.path("values"));
                }
                if (body.path("includeMetadata").asBoolean() && record.has("metadata")) {
                    match.set("metadata", record.path("metadata"));
                }
                matches.add(match);
            }
        }
        int sign = metric == Metric.EUCLIDEAN ? 1 : -1;
        matches.sort((left, right) -> sign
                * Double.compare(
                        left.path("score").asDouble(), right.path("score").asDouble()));
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode array = answer.putArray("matches");
        matches.stream().limit(body.path("topK").asInt()).forEach(array::add);
        exchange.write(200, answer.toString());
    }

    /** All indexes are on one port, so the metric is that of the index made last with this dimension. */
    private Metric metric(int dimension) {
        return indexes.values().stream()
                .filter(index -> index.path("dimension").asInt() == dimension)
                .map(index -> index.path("metric").asText())
                .reduce((_, last) -> last)
                .map(name -> name.equals("dotproduct") ? Metric.DOT : Metric.of(name))
                .orElseThrow();
    }

    private static float[] floats(JsonNode values) {
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values.get(i).asDouble();
        }
        return floats;
    }

    private static List<String> parameters(Exchange exchange, String name) {
        List<String> values = new ArrayList<>();
        for (String parameter : String.valueOf(exchange.request().query()).split("&")) {
            String[] parts = parameter.split("=", 2);
            if (parts[0].equals(name)) {
                values.add(URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
            }
        }
        return values;
    }

    /** Ids in their order; the token is the id to go on behind. */
    private void list(Exchange exchange) {
        int limit = Integer.parseInt(parameters(exchange, "limit").getFirst());
        if (limit > 100) {
            exchange.write(400, "{\"code\": 3, \"message\": \"over 100 ids\"}");
            return;
        }
        List<String> token = parameters(exchange, "paginationToken");
        List<String> ids = namespace(parameters(exchange, "namespace").getFirst()).keySet().stream()
                .filter(id -> token.isEmpty() || id.compareTo(token.getFirst()) > 0)
                .limit(limit + 1L)
                .toList();
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode vectors = answer.putArray("vectors");
        ids.stream().limit(limit).forEach(id -> vectors.addObject().put("id", id));
        if (ids.size() > limit) {
            answer.putObject("pagination").put("next", ids.get(limit - 1));
        }
        exchange.write(200, answer.toString());
    }

    private void fetch(Exchange exchange) {
        List<String> ids = parameters(exchange, "ids");
        String namespace = parameters(exchange, "namespace").getFirst();
        ObjectNode answer = JSON.createObjectNode();
        ObjectNode vectors = answer.putObject("vectors");
        Map<String, ObjectNode> records = namespace(namespace);
        ids.stream().filter(records::containsKey).forEach(id -> vectors.set(id, records.get(id)));
        exchange.write(200, answer.toString());
    }

    private void delete(Exchange exchange, ObjectNode body) {
        Map<String, ObjectNode> records = namespaces.get(body.path("namespace").asText());
        if (records == null) {
            exchange.write(404, "{\"code\": 5, \"message\": \"Namespace not found\", \"details\": []}");
            return;
        }
        if (body.path("deleteAll").asBoolean()) {
            namespaces.remove(body.path("namespace").asText());
        } else if (body.has("filter")) {
            records.values().removeIf(record -> PineconeRules.matches(body.path("filter"), record.path("metadata")));
        } else {
            body.path("ids").forEach(id -> records.remove(id.asText()));
        }
        exchange.write(200, "{}");
    }

    private void statistics(Exchange exchange) {
        ObjectNode answer = JSON.createObjectNode();
        ObjectNode counts = answer.putObject("namespaces");
        namespaces.forEach((name, records) -> counts.putObject(name).put("vectorCount", records.size()));
        exchange.write(200, answer.toString());
    }

    void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
}
