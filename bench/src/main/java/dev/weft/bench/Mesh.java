package dev.weft.bench;

import java.io.IOException;
import java.io.Reader;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;

/** A mesh of the benchmark's own, beside whatever else runs here; started and stopped by the launcher behind {@code ./weft up}. */
final class Mesh implements AutoCloseable {

    static final String GATEWAY = "gateway";
    static final String INFERENCE = "inference-service";
    static final String EMBEDDING = "embedding-service";
    static final String TRAINING = "training-dispatcher";

    private static final int PORT_OFFSET = 700;
    private static final long START_LIMIT_SECONDS = 120;

    private final Path root;
    private final Thread closing = new Thread(this::downAtOnce);
    private final Endpoint gateway;
    private final Endpoint inference;
    private double upSeconds = Double.NaN;
    private double servicesSeconds = Double.NaN;

    /** The launcher could not start the mesh; the message is the launcher's. */
    static final class StartFailure extends IOException {
        private StartFailure(String message) {
            super(message);
        }
    }

    private Mesh(Path root) {
        this.root = root;
        this.gateway = new Endpoint(GATEWAY, 8080 + PORT_OFFSET, null);
        this.inference = new Endpoint(INFERENCE, 8081 + PORT_OFFSET, data().resolve("identity/secret"));
    }

    /**
     * Starts all services and waits until a text goes in through the gateway and a vector comes out.
     *
     * @param root the project's folder
     * @throws StartFailure saying what the launcher said when there is no such answer
     */
    static Mesh start(Path root, boolean nativeImages) throws IOException, InterruptedException {
        Mesh mesh = new Mesh(root.toAbsolutePath().normalize());
        mesh.requireNotRunning();
        // What a run that was killed has left would be loaded.
        Trees.delete(mesh.models());
        Files.createDirectories(mesh.models());
        Runtime.getRuntime().addShutdownHook(mesh.closing);
        List<String> options = new ArrayList<>(List.of("--detach", "--port-offset", Integer.toString(PORT_OFFSET)));
        if (nativeImages) {
            options.add("--native");
        }
        try {
            mesh.up(options);
        } catch (StartFailure e) {
            // The launcher leaves nothing behind; what runs there, if anything does, is another's.
            mesh.keepRunningAtExit();
            throw e;
        } catch (IOException | InterruptedException e) {
            mesh.close();
            throw e;
        }
        return mesh;
    }

    private void requireNotRunning() throws IOException {
        for (String service : List.of(GATEWAY, EMBEDDING, INFERENCE)) {
            if (ProcessHandle.of(pid(service)).isPresent()) {
                throw new StartFailure(
                        "another ./weft bench runs, or one was killed; to stop its mesh: ./weft down --data "
                                + root.relativize(data()));
            }
        }
    }

    private void up(List<String> options) throws IOException, InterruptedException {
        Path output = root.resolve("bench/target/up.txt");
        long start = System.nanoTime();
        Process launcher = launcher("up", options, output);
        try (HttpClient client = HttpClient.newHttpClient()) {
            while (!answers(client)) {
                if (launcher.waitFor(10, TimeUnit.MILLISECONDS) && launcher.exitValue() != 0) {
                    throw new StartFailure(said(output));
                }
                if (System.nanoTime() - start > TimeUnit.SECONDS.toNanos(START_LIMIT_SECONDS)) {
                    launcher.destroy();
                    throw new StartFailure("no answer from the mesh within " + START_LIMIT_SECONDS + " s");
                }
            }
        }
        upSeconds = (System.nanoTime() - start) / 1e9;
        servicesSeconds = Math.max(MeshFacts.ageSeconds(pid(GATEWAY)), MeshFacts.ageSeconds(pid(INFERENCE)));
        if (!launcher.waitFor(START_LIMIT_SECONDS, TimeUnit.SECONDS) || launcher.exitValue() != 0) {
            throw new StartFailure(said(output));
        }
    }

    private static String said(Path output) throws IOException {
        return Files.readString(output).strip().replaceFirst("^weft: ", "");
    }

    private boolean answers(HttpClient client) throws InterruptedException {
        try {
            return client.send(
                                    RestTarget.request(gateway, "Is the mesh awake?"),
                                    HttpResponse.BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException _) {
            return false; // nobody listens yet
        }
    }

    private Process launcher(String command, List<String> options, Path output) throws IOException {
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx64m",
                "-jar",
                root.resolve("deploy/local/target/weft-local.jar").toString(),
                command,
                "--root",
                root.toString(),
                "--data",
                data().toString()));
        line.addAll(options);
        return new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
    }

    Endpoint gateway() {
        return gateway;
    }

    Endpoint inference() {
        return inference;
    }

    /** Requests that a service has been sent; the gateway's reach inference-service too. */
    long requests(String service) {
        long direct = inference.sent().sum();
        long forwarded = gateway.sent().sum();
        return service.equals(GATEWAY) ? forwarded : direct + forwarded;
    }

    /** Where the service tells about itself. */
    static int httpPort(String service) {
        return PORT_OFFSET + (service.equals(GATEWAY) ? 8080 : 8091);
    }

    /** Seconds from the launcher's start to the first vector. */
    double upSeconds() {
        return upSeconds;
    }

    /** Seconds from the start of the first service to the first vector. */
    double servicesSeconds() {
        return servicesSeconds;
    }

    /** The service's process, as the launcher has recorded it; -1 when it has recorded none. */
    long pid(String service) throws IOException {
        Path recorded = data().resolve("run/mesh.properties");
        Properties state = new Properties();
        if (Files.exists(recorded)) {
            try (Reader in = Files.newBufferedReader(recorded)) {
                state.load(in);
            }
        }
        return Long.parseLong(state.getProperty(service + ".pid", "-1"));
    }

    /** What the service has printed. */
    Path log(String service) {
        return data().resolve("logs").resolve(service + ".log");
    }

    /** The folder of the bundled model's package. */
    static Path bundledModel(Path root) {
        return root.resolve("inference-service/target/models").resolve(BundledModel.NAME);
    }

    /** Where packages lie that only this mesh has. */
    Path models() {
        return data().resolve("models");
    }

    private Path data() {
        return root.resolve("bench/target/mesh");
    }

    @Override
    public void close() {
        down();
        keepRunningAtExit();
    }

    private void keepRunningAtExit() {
        try {
            Runtime.getRuntime().removeShutdownHook(closing);
        } catch (IllegalStateException _) {
            // the process is ending, and the hook has run or runs
        }
    }

    /**
     * For when this process is told to end: ONNX Runtime then frees what the direct target may be computing with, which can take the
     * process with it before the launcher runs. A signal is sent before that.
     */
    private void downAtOnce() {
        try {
            for (String service : List.of(GATEWAY, EMBEDDING, INFERENCE)) {
                ProcessHandle.of(pid(service)).ifPresent(ProcessHandle::destroy);
            }
        } catch (IOException _) {
            // the launcher knows as much
        }
        down();
    }

    private void down() {
        try {
            Process launcher = launcher("down", List.of(), root.resolve("bench/target/down.txt"));
            if (!launcher.waitFor(START_LIMIT_SECONDS, TimeUnit.SECONDS)) {
                launcher.destroy();
            }
        } catch (IOException e) {
            System.err.println("the mesh cannot be stopped: " + e.getMessage());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
