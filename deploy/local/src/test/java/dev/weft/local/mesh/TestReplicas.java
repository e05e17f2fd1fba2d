package dev.weft.local.mesh;

import dev.weft.local.process.ServiceProcess;
import dev.weft.postgres.ServiceDatabase;
import dev.weft.testkit.FreePorts;
import dev.weft.testkit.TestPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** Several replicas of inference-service behind several gateways, all of them real processes on ports that are free. */
final class TestReplicas implements AutoCloseable {

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final MeshOptions options =
            new MeshOptions(TestMesh.root(), TestMesh.dataFolder(), 0, Form.of(Boolean.getBoolean("weft.native")));
    private final Map<String, Started> started = new LinkedHashMap<>();
    private final List<Integer> replicaPorts = new ArrayList<>();
    private final List<Integer> gatewayPorts = new ArrayList<>();
    private final List<Integer> embeddingPorts = new ArrayList<>();
    private int trainingPort;
    private final ServiceDatabase database = TestPostgres.newDatabase();

    /** Where the replicas find models besides the bundled one. */
    Path models() {
        return options.models();
    }

    /** Where the replicas fetch packages from that the catalog names. */
    Path modelStore() {
        return options.modelStore();
    }

    /** Starts them; returns at once. */
    TestReplicas start(int replicas, int gateways, Map<String, String> settings) {
        return start(replicas, gateways, settings, settings);
    }

    /** Starts them, told different things; returns at once. */
    TestReplicas start(
            int replicas,
            int gateways,
            Map<String, String> settingsOfReplicas,
            Map<String, String> settingsOfGateways) {
        createFolders();
        for (int i = 0; i < replicas; i++) {
            if (replicaPorts.size() == i) {
                replicaPorts.add(FreePorts.next());
            }
            Map<String, String> environment = new HashMap<>(Service.INFERENCE.settings(options));
            environment.put("QUARKUS_GRPC_SERVER_PORT", Integer.toString(replicaPorts.get(i)));
            environment.put("QUARKUS_HTTP_PORT", Integer.toString(FreePorts.next()));
            environment.putAll(settingsOfReplicas);
            start("replica-" + i, Service.INFERENCE, environment);
        }
        String targets = String.join(
                ",", replicaPorts.stream().map(port -> "127.0.0.1:" + port).toList());
        Map<String, String> schema = schema("gateway");
        for (int i = 0; i < gateways; i++) {
            if (gatewayPorts.size() == i) {
                gatewayPorts.add(FreePorts.next());
            }
            Map<String, String> environment = new HashMap<>(Service.GATEWAY.settings(options));
            environment.putAll(schema);
            environment.put("WEFT_GATEWAY_INFERENCE_TARGET", targets);
            if (!embeddingPorts.isEmpty()) {
                environment.put("WEFT_GATEWAY_EMBEDDING_TARGET", "127.0.0.1:" + embeddingPorts.getFirst());
            }
            if (trainingPort > 0) {
                environment.put("WEFT_GATEWAY_TRAINING_TARGET", "127.0.0.1:" + trainingPort);
            }
            environment.put("QUARKUS_HTTP_PORT", Integer.toString(gatewayPorts.get(i)));
            environment.putAll(settingsOfGateways);
            start("gateway-" + i, Service.GATEWAY, environment);
        }
        return this;
    }

    /** Starts as many of embedding-service, on the first replica; returns at once. Gateways that are started later use the first of them. */
    void startEmbedding(int count, Map<String, String> settings) {
        createFolders();
        replicaPorts.add(FreePorts.next());
        Map<String, String> schema = schema("embedding");
        for (int i = 0; i < count; i++) {
            embeddingPorts.add(FreePorts.next());
            Map<String, String> environment = new HashMap<>(Service.EMBEDDING.settings(options));
            environment.putAll(schema);
            environment.put("QUARKUS_GRPC_SERVER_PORT", Integer.toString(embeddingPorts.get(i)));
            environment.put("QUARKUS_HTTP_PORT", Integer.toString(FreePorts.next()));
            environment.put("WEFT_EMBEDDING_INFERENCE_TARGET", "127.0.0.1:" + replicaPorts.getFirst());
            environment.putAll(settings);
            start("embedding-" + i, Service.EMBEDDING, environment);
        }
    }

    /** Starts training-dispatcher, which publishes at the first gateway; returns at once. Gateways that are started later use it. */
    void startTraining(Map<String, String> settings) {
        createFolders();
        gatewayPorts.add(FreePorts.next());
        trainingPort = FreePorts.next();
        Map<String, String> environment = new HashMap<>(Service.TRAINING.settings(options));
        environment.putAll(schema("training"));
        environment.put("QUARKUS_GRPC_SERVER_PORT", Integer.toString(trainingPort));
        environment.put("QUARKUS_HTTP_PORT", Integer.toString(FreePorts.next()));
        environment.put("WEFT_TRAINING_PUBLISH_CATALOG_TARGET", "127.0.0.1:" + gatewayPorts.getFirst());
        environment.put("WEFT_TRAINING_TEXT_CLASSIFIER_INFERENCE_TARGET", "127.0.0.1:" + gatewayPorts.getFirst());
        environment.putAll(settings);
        start("training", Service.TRAINING, environment);
    }

    private void createFolders() {
        try {
            Files.createDirectories(options.models());
            Files.createDirectories(options.logs());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Map<String, String> schema(String service) {
        Map<String, String> settings = new HashMap<>();
        TestPostgres.newSchema(database, service)
                .forEach((key, value) ->
                        settings.put(key.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_"), value));
        return settings;
    }

    private record Started(Service service, Map<String, String> environment, ServiceProcess process) {}

    private void start(String name, Service service, Map<String, String> environment) {
        ServiceProcess process = ServiceProcess.start(
                service.folder(),
                service.command(options),
                environment,
                options.logs().resolve(name + "-" + System.nanoTime() + ".log"));
        started.put(name, new Started(service, environment, process));
    }

    private Started started(String name) {
        return Objects.requireNonNull(started.get(name), name);
    }

    /** What a process has printed. */
    String log(String name) {
        try {
            return Files.readString(started(name).process().log());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isAlive(String name) {
        return started(name).process().isAlive();
    }

    /** Ends a process as a crash does. */
    void kill(String name) {
        ServiceProcess process = started(name).process();
        process.handle().destroyForcibly();
        process.awaitEnd();
    }

    /** Asks a process to end, as Kubernetes does, and waits until it has. */
    void terminate(String name) {
        ServiceProcess process = started(name).process();
        process.terminate();
        process.awaitEnd();
    }

    void restart(String name) {
        Started before = started(name);
        start(name, before.service(), before.environment());
    }

    /** Of training-dispatcher, which has been started. */
    int trainingPort() {
        return trainingPort;
    }

    int replicaPort(int replica) {
        return replicaPorts.get(replica);
    }

    int gatewayPort(int gateway) {
        return gatewayPorts.get(gateway);
    }

    /** The status of an answer; 0 when there was none. */
    int status(int gateway, String path) {
        return answer(HttpRequest.newBuilder(uri(gateway, path)).GET());
    }

    HttpResponse<String> get(int gateway, String path) throws IOException, InterruptedException {
        return HTTP.send(
                HttpRequest.newBuilder(uri(gateway, path)).GET().build(), HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> post(int gateway, String path, String body, String... header)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(gateway, path));
        return HTTP.send(
                (header.length == 0 ? request : request.headers(header))
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .timeout(Duration.ofSeconds(60))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** Asks with a key; the body is empty for methods that have none. */
    HttpResponse<String> ask(int gateway, String key, String method, String path, String body)
            throws IOException, InterruptedException {
        return HTTP.send(
                HttpRequest.newBuilder(uri(gateway, path))
                        .method(
                                method,
                                body.isEmpty()
                                        ? HttpRequest.BodyPublishers.noBody()
                                        : HttpRequest.BodyPublishers.ofString(body))
                        .header("Authorization", "Bearer " + key)
                        .timeout(Duration.ofSeconds(60))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static int answer(HttpRequest.Builder request) {
        try {
            return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString())
                    .statusCode();
        } catch (IOException _) {
            return 0;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    URI uri(int gateway, String path) {
        return URI.create("http://127.0.0.1:" + gatewayPorts.get(gateway) + path);
    }

    @Override
    public void close() {
        started.values().forEach(each -> each.process().terminate());
        started.values().forEach(each -> each.process().awaitEnd());
    }
}
