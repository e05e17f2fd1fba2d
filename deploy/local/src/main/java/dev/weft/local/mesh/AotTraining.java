package dev.weft.local.mesh;

import dev.weft.local.process.LaunchFailure;
import dev.weft.local.process.ServiceProcess;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Makes the services' AOT caches: runs a mesh of its own, uses it as people do, and ends it. A JVM remembers what it has loaded, linked and called often,
 * and writes it down when it ends.
 *
 * @see <a href="https://openjdk.org/jeps/514">JEP 514</a>
 */
public final class AotTraining {

    /** How long a JVM may take to write its cache. */
    private static final Duration WRITING = Duration.ofMinutes(5);

    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final int ROUNDS = 40;
    private static final double MEGABYTE = 1e6;

    private final Path root;
    private final int portOffset;
    private final String gateway;

    /**
     * A training that has not begun.
     *
     * @param root the project's folder
     * @param portOffset where its mesh's ports are
     */
    public AotTraining(Path root, int portOffset) {
        this.root = root;
        this.portOffset = portOffset;
        this.gateway = "http://127.0.0.1:" + (8080 + portOffset);
    }

    /**
     * Makes all caches.
     *
     * @throws LaunchFailure saying what is in the way
     */
    public void run(PrintStream out) {
        Path data = temporaryFolder();
        MeshOptions options = new MeshOptions(root, data, portOffset, Form.TRAINING);
        Mesh mesh = new Mesh(options);
        try {
            out.println("running a mesh that writes down what it loads");
            List<ServiceProcess> processes = mesh.up();
            try {
                use();
            } finally {
                // One after the other: each writes its cache by a second JVM.
                for (ServiceProcess process : Mesh.services(processes)) {
                    process.terminate();
                    process.awaitEnd(WRITING);
                }
                mesh.stop(processes);
            }
            for (Service service : Service.values()) {
                Path cache = service.aotCache(options);
                if (!Files.exists(cache)) {
                    throw new LaunchFailure("no " + cache + " was written; the log is in " + options.logs());
                }
                out.printf("%-20s %5.0f MB  %s%n", service.folder(), Files.size(cache) / MEGABYTE, cache);
            }
            delete(data);
        } catch (IOException e) {
            throw new LaunchFailure("the training cannot be ended: " + e.getMessage());
        }
    }

    private static Path temporaryFolder() {
        try {
            return Files.createTempDirectory("weft-aot");
        } catch (IOException e) {
            throw new LaunchFailure("no temporary folder: " + e.getMessage());
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    /** What people ask first, often enough for the JVM to know which methods matter. */
    private void use() {
        try (HttpClient http = HttpClient.newHttpClient()) {
            post(http, "/api/v1/collections", "{\"name\": \"aot\", \"model\": \"all-minilm-l6-v2\"}");
            for (int i = 0; i < ROUNDS; i++) {
                String text = "How do I block card number " + i + "?";
                post(http, "/v1/embeddings", "{\"model\": \"all-minilm-l6-v2\", \"input\": \"" + text + "\"}");
                post(
                        http,
                        "/v1/embeddings",
                        "{\"model\": \"all-minilm-l6-v2\", \"input\": [\"" + text + "\", \"The rent\"]}");
                post(
                        http,
                        "/v2/models/all-minilm-l6-v2/infer",
                        "{\"inputs\": [{\"name\": \"TEXT\", \"datatype\": \"BYTES\", \"shape\": [1], \"data\": [\""
                                + text + "\"]}]}");
                post(
                        http,
                        "/api/v1/collections/aot/points",
                        "{\"points\": [{\"id\": \"" + i + "\", \"text\": \"" + text + "\"}]}");
                post(http, "/api/v1/collections/aot/query", "{\"text\": \"my card\", \"top_k\": 3}");
            }
            post(
                    http,
                    "/v1/batches",
                    "{\"input_collection\": \"aot\", \"endpoint\": \"/v1/embeddings\", \"completion_window\": \"1h\"}");
            for (String path : List.of(
                    "/v2/models/all-minilm-l6-v2",
                    "/v1/models",
                    "/v1/batches",
                    "/v1/files",
                    "/api/v1/models",
                    "/api/v1/replicas",
                    "/api/v1/usage",
                    "/api/v1/training/jobs",
                    "/q/metrics")) {
                send(http, request(path).GET());
            }
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(gateway + path)).timeout(TIMEOUT);
    }

    private void post(HttpClient http, String path, String body) {
        send(
                http,
                request(path)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private static void send(HttpClient http, HttpRequest.Builder request) {
        try {
            HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() / 100 != 2) {
                throw new LaunchFailure(answer.uri() + " answered " + answer.statusCode() + ": " + answer.body());
            }
        } catch (IOException e) {
            throw new LaunchFailure("the mesh does not answer: " + e.getMessage());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new LaunchFailure("interrupted");
        }
    }
}
