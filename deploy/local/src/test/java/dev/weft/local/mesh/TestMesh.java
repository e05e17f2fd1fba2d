package dev.weft.local.mesh;

import dev.weft.local.process.ServiceProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** A whole mesh of real processes, on ports that are free, with a data folder of its own. */
final class TestMesh implements AutoCloseable {

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static final List<Integer> PORTS = List.of(8080, 8081, 8082, 8083, 8091, 8092, 8093, 8432);

    private final MeshOptions options;
    private final Mesh mesh;
    private List<ServiceProcess> processes = List.of();

    TestMesh() {
        options = new MeshOptions(root(), dataFolder(), freeOffset(), Form.of(Boolean.getBoolean("weft.native")));
        mesh = new Mesh(options);
    }

    static Path root() {
        return Path.of(System.getProperty("weft.root"));
    }

    static Path dataFolder() {
        try {
            Path target = Path.of("target").toAbsolutePath();
            Files.createDirectories(target);
            return Files.createTempDirectory(target, "mesh");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An offset at which every port of a mesh is free. */
    static int freeOffset() {
        for (int attempt = 0; attempt < 100; attempt++) {
            int offset = 1_000 + ThreadLocalRandom.current().nextInt(20_000);
            if (PORTS.stream().allMatch(port -> isFree(port + offset))) {
                return offset;
            }
        }
        throw new IllegalStateException("no free ports");
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    TestMesh start() {
        processes = mesh.up();
        return this;
    }

    MeshOptions options() {
        return options;
    }

    Mesh mesh() {
        return mesh;
    }

    /** Where the gateway listens. */
    String address() {
        return mesh.address();
    }

    String log(String service) {
        try {
            return Files.readString(options.logs().resolve(service + ".log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends a service as a crash does: no handler runs. */
    void kill(String service) {
        for (ServiceProcess process : processes) {
            if (process.name().equals(service)) {
                process.handle().destroyForcibly();
                process.awaitEnd();
            }
        }
    }

    /** Asks a service to end, as Kubernetes does. */
    ServiceProcess terminate(String service) {
        ServiceProcess process = processes.stream()
                .filter(candidate -> candidate.name().equals(service))
                .findFirst()
                .orElseThrow();
        process.terminate();
        return process;
    }

    /** What a service counts. */
    String metrics(Service service) {
        URI uri = URI.create("http://127.0.0.1:" + service.healthPort(options) + "/q/metrics");
        return send(HttpRequest.newBuilder(uri).GET()).body();
    }

    /** Starts a service again, as whoever watches over it would. */
    void restart(Service service) {
        ServiceProcess process = ServiceProcess.start(
                service.folder(),
                service.command(options),
                service.environment(options),
                options.logs().resolve(service.folder() + "-again.log"));
        processes = java.util.stream.Stream.concat(processes.stream(), java.util.stream.Stream.of(process))
                .toList();
    }

    HttpResponse<String> get(String path) {
        return send(request(path).GET());
    }

    HttpResponse<String> post(String path, String body, String... headers) {
        HttpRequest.Builder request = request(path).POST(HttpRequest.BodyPublishers.ofString(body));
        return send(headers.length == 0 ? request : request.headers(headers));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://" + address() + path)).timeout(Duration.ofSeconds(60));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        mesh.stop(processes);
    }
}
