package dev.weft.bench;

import dev.weft.postgres.PostgresBinaries;
import dev.weft.postgres.PostgresServer;
import dev.weft.postgres.ServiceDatabase;
import dev.weft.protocol.embedding.v1.CollectionsGrpc;
import dev.weft.protocol.embedding.v1.CollectionsGrpc.CollectionsBlockingStub;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** An embedding-service with a PostgreSQL of its own, beside whatever else runs here. */
final class SearchService implements AutoCloseable {

    private static final int POSTGRES_PORT = 9133;
    private static final int GRPC_PORT = 8783;
    private static final int HTTP_PORT = 8793;
    private static final String SCHEMA = "embedding";
    private static final String PASSWORD = "measuredonloopback";
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int MAX_MESSAGE = 32 << 20;

    private final List<String> line;
    private final Path folder;
    private final PostgresServer postgres;
    private final HttpClient http = HttpClient.newHttpClient();
    private final ManagedChannel channel = ManagedChannelBuilder.forAddress("127.0.0.1", GRPC_PORT)
            .usePlaintext()
            .maxInboundMessageSize(MAX_MESSAGE)
            .build();
    private final Thread closing = new Thread(this::end);
    private @Nullable Process process;

    private SearchService(List<String> line, Path folder, PostgresServer postgres) {
        this.line = line;
        this.folder = folder;
        this.postgres = postgres;
    }

    /**
     * Starts both on an empty database.
     *
     * @param options of the Java that runs the service
     */
    static SearchService start(Path root, boolean nativeImage, List<String> options)
            throws IOException, InterruptedException {
        Path folder = root.resolve("bench/target/search");
        Trees.delete(folder);
        Files.createDirectories(folder);
        PostgresServer postgres = new PostgresServer(
                PostgresBinaries.unpackInto(root.resolve("bench/target/postgres")), folder.resolve("data"));
        SearchService service = new SearchService(line(root, nativeImage, folder, options), folder, postgres);
        Runtime.getRuntime().addShutdownHook(service.closing);
        postgres.initialise(PASSWORD);
        postgres.start(POSTGRES_PORT, folder.resolve("postgres.log"), Map.of(), LIMIT);
        database().create();
        database().createSchema(SCHEMA, PASSWORD);
        service.start();
        return service;
    }

    private static ServiceDatabase database() {
        return new ServiceDatabase(POSTGRES_PORT, "weft", PASSWORD);
    }

    private static List<String> line(Path root, boolean nativeImage, Path folder, List<String> options) {
        Path target = root.resolve("embedding-service/target");
        List<String> settings = new ArrayList<>(List.of(
                "-Dquarkus.grpc.server.port=" + GRPC_PORT,
                "-Dquarkus.http.port=" + HTTP_PORT,
                "-Dweft.embedding.embedded.snapshots=" + folder.resolve("snapshots")));
        database().settings(SCHEMA, PASSWORD).forEach((key, value) -> settings.add("-D" + key + "=" + value));
        List<String> line = new ArrayList<>();
        if (nativeImage) {
            line.add(target.resolve("embedding-service-runner").toString());
            line.addAll(settings);
        } else {
            line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            line.addAll(options);
            line.addAll(settings);
            line.add("-jar");
            line.add(target.resolve("quarkus-app/quarkus-run.jar").toString());
        }
        return line;
    }

    /** Starts the service and waits until it is ready. */
    void start() throws IOException, InterruptedException {
        process = new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("service.log").toFile()))
                .start();
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!isReady()) {
            if (process.waitFor(10, TimeUnit.MILLISECONDS) || System.nanoTime() > end) {
                throw new IllegalArgumentException(
                        "embedding-service does not start: see " + folder.resolve("service.log"));
            }
        }
    }

    private boolean isReady() throws InterruptedException {
        try {
            return get("/q/health/ready").statusCode() == 200;
        } catch (IOException _) {
            return false; // nobody listens yet
        }
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + HTTP_PORT + path))
                        .timeout(Duration.ofSeconds(10))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** The value of a gauge. */
    double gauge(String name) throws IOException, InterruptedException {
        return get("/q/metrics")
                .body()
                .lines()
                .filter(found -> found.startsWith(name + " ") || found.startsWith(name + "{"))
                .mapToDouble(found -> Double.parseDouble(found.substring(found.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** Ends the service: by a signal that it heeds, or one that it cannot. */
    void stop(boolean atOnce) throws InterruptedException {
        Process running = process;
        if (running == null) {
            return;
        }
        if (atOnce) {
            running.destroyForcibly();
        } else {
            running.destroy();
        }
        if (!running.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
            throw new IllegalArgumentException("embedding-service does not end");
        }
    }

    double residentMegabytes() throws IOException {
        Process running = process;
        return running == null ? Double.NaN : MeshFacts.residentMegabytes(running.pid());
    }

    CollectionsBlockingStub stub() {
        return CollectionsGrpc.newBlockingStub(channel).withDeadlineAfter(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    private void end() {
        Process running = process;
        if (running != null) {
            running.destroyForcibly();
        }
        if (postgres.isRunning()) {
            postgres.stop(LIMIT);
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
        http.shutdownNow();
        end();
        Runtime.getRuntime().removeShutdownHook(closing);
    }
}
