package dev.weft.local.mesh;

import dev.weft.local.postgres.LocalPostgres;
import dev.weft.local.process.LaunchFailure;
import dev.weft.local.process.ServiceProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** All services of one data folder. Starting, stopping and asking go through here. */
public final class Mesh {

    private static final Duration START_LIMIT = Duration.ofSeconds(90);
    private static final Duration POLL = Duration.ofMillis(50);

    private final MeshOptions options;
    private final MeshState state;

    public Mesh(MeshOptions options) {
        this.options = options;
        this.state = new MeshState(options);
    }

    /**
     * How a service is doing.
     *
     * @param pid 0 when it does not run
     */
    public record ServiceStatus(String service, long pid, int port, boolean ready) {}

    /**
     * Starts all services and waits until a real request is answered. When that fails, nothing is left running.
     *
     * @return the processes, in the order in which they were started
     * @throws LaunchFailure saying what is in the way, with the end of the log where a service died
     */
    public List<ServiceProcess> up() {
        createFolders();
        try (FileChannel channel = FileChannel.open(
                        options.run().resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock _ = lock(channel)) {
            requireNothingRuns();
            requireArtefacts();
            requireFreePorts();
            return startAll();
        } catch (IOException e) {
            throw new LaunchFailure(options.data() + " cannot be used: " + e.getMessage());
        }
    }

    private FileLock lock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return lock;
            }
        } catch (OverlappingFileLockException _) {
            // the same answer as for another process
        }
        throw new LaunchFailure("another ./weft up is starting a mesh in " + options.data());
    }

    private List<ServiceProcess> startAll() {
        List<ServiceProcess> started = new ArrayList<>();
        // Ctrl-C while the services start must not leave them behind.
        Thread cleanup = new Thread(() -> stop(started));
        Runtime.getRuntime().addShutdownHook(cleanup);
        try {
            if (!options.externalDatabase()) {
                started.add(options.postgres().start(schemas()));
                state.write(started, options.portOffset());
            }
            for (Service service : Service.values()) {
                started.add(ServiceProcess.start(
                        service.folder(), service.command(options), service.environment(options), log(service)));
                state.write(started, options.portOffset());
            }
            awaitAnswer(started);
            return List.copyOf(started);
        } catch (RuntimeException e) {
            stop(started);
            throw e;
        } finally {
            removeHook(cleanup);
        }
    }

    private static List<String> schemas() {
        return Arrays.stream(Service.values())
                .flatMap(service -> service.schema().stream())
                .toList();
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            // the process is ending, so the hook runs
        }
    }

    private void awaitAnswer(List<ServiceProcess> started) {
        long limit = System.nanoTime() + START_LIMIT.toNanos();
        CompletableFuture<?> death = CompletableFuture.anyOf(
                started.stream().map(process -> process.handle().onExit()).toArray(CompletableFuture[]::new));
        try (Readiness readiness = new Readiness()) {
            while (!readiness.answers(Service.GATEWAY.port(options))
                    || !readiness.isReady(Service.EMBEDDING.healthPort(options))) {
                if (waitFor(death, POLL)) {
                    throw died(started);
                }
                if (System.nanoTime() > limit) {
                    throw new LaunchFailure(
                            "no answer from the mesh within " + START_LIMIT.toSeconds() + " s; the logs are in "
                                    + options.logs() + "\n" + started.getLast().logTail());
                }
            }
            if (death.isDone()) {
                throw died(started);
            }
        }
    }

    private static LaunchFailure died(List<ServiceProcess> started) {
        ServiceProcess dead = started.stream()
                .filter(process -> !process.isAlive())
                .findFirst()
                .orElseThrow();
        return new LaunchFailure(dead.name() + " died at start; the end of " + dead.log() + ":\n" + dead.logTail());
    }

    private static boolean waitFor(CompletableFuture<?> event, Duration patience) {
        try {
            event.get(patience.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException _) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new LaunchFailure("interrupted");
        }
    }

    private Path log(Service service) {
        return options.logs().resolve(service.folder() + ".log");
    }

    private void createFolders() {
        try {
            Files.createDirectories(options.run());
            Files.createDirectories(options.logs());
            Files.createDirectories(options.models());
        } catch (IOException e) {
            throw new LaunchFailure("--data " + options.data() + " cannot be used: " + e.getMessage());
        }
    }

    private void requireNothingRuns() {
        List<ServiceProcess> running = state.running();
        if (!running.isEmpty()) {
            throw new LaunchFailure("a mesh runs already in " + options.data() + " ("
                    + String.join(
                            ", ", running.stream().map(ServiceProcess::name).toList()) + "); stop it with ./weft down");
        }
    }

    private void requireArtefacts() {
        for (Service service : Service.values()) {
            Path artefact = service.artefact(options);
            if (!Files.exists(artefact)) {
                throw new LaunchFailure(artefact + " is missing; "
                        + (options.form() == Form.NATIVE
                                ? "./weft native makes it"
                                : "./mvnw package -DskipTests makes it"));
            }
        }
    }

    private void requireFreePorts() {
        for (Service service : Service.values()) {
            requireFreePort(service.port(options), service.folder());
            requireFreePort(service.healthPort(options), service.folder());
        }
        if (!options.externalDatabase()) {
            requireFreePort(options.postgres().port(), LocalPostgres.NAME);
        }
    }

    private static void requireFreePort(int port, String service) {
        try (ServerSocket socket = new ServerSocket()) {
            // Without this a port counts as taken for a minute after its last connection has ended.
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        } catch (IOException _) {
            throw new LaunchFailure("port " + port + ", which " + service
                    + " needs, is taken; ./weft up --port-offset 100 uses others");
        }
    }

    /**
     * Stops the processes, the last one started first, and forgets them. The database ends when no service is left that could have
     * something to write.
     */
    public void stop(List<ServiceProcess> processes) {
        List<ServiceProcess> services = services(processes).reversed();
        services.forEach(ServiceProcess::terminate);
        services.forEach(ServiceProcess::awaitEnd);
        options.postgres().stop();
        state.clear();
    }

    static List<ServiceProcess> services(List<ServiceProcess> processes) {
        return processes.stream()
                .filter(process -> !process.name().equals(LocalPostgres.NAME))
                .toList();
    }

    /**
     * Stops whatever runs in the data folder.
     *
     * @return what was stopped
     */
    public List<String> down() {
        List<ServiceProcess> running = state.running();
        stop(running);
        return running.stream().map(ServiceProcess::name).toList();
    }

    /** Every service and how it is doing. */
    public List<ServiceStatus> status() {
        List<ServiceProcess> running = state.running();
        MeshOptions recorded = new MeshOptions(options.root(), options.data(), state.portOffset(), options.form());
        List<ServiceStatus> statuses = new ArrayList<>();
        if (!state.externalDatabase()) {
            statuses.add(postgresStatus(recorded.postgres()));
        }
        try (Readiness readiness = new Readiness()) {
            for (Service service : Service.values()) {
                long pid = running.stream()
                        .filter(process -> process.name().equals(service.folder()))
                        .mapToLong(process -> process.handle().pid())
                        .findFirst()
                        .orElse(0);
                int port = service.port(recorded);
                statuses.add(new ServiceStatus(
                        service.folder(), pid, port, pid != 0 && readiness.isReady(service.healthPort(recorded))));
            }
        }
        return statuses;
    }

    private static ServiceStatus postgresStatus(LocalPostgres postgres) {
        long pid = postgres.pid();
        return new ServiceStatus(LocalPostgres.NAME, pid, postgres.port(), pid != 0);
    }

    /** Where the gateway listens. */
    public String address() {
        return "127.0.0.1:" + Service.GATEWAY.port(options);
    }

    /** True when all services end within a moment, as they do when they were told to. */
    public boolean isDown(List<ServiceProcess> processes) throws InterruptedException {
        CompletableFuture<?> all = CompletableFuture.allOf(services(processes).stream()
                .map(process -> process.handle().onExit())
                .toArray(CompletableFuture[]::new));
        return waitFor(all, Duration.ofSeconds(5));
    }

    /** Waits until one of the services ends. The database's end is no reason to stop inference; {@link #status()} tells it. */
    public ServiceProcess awaitDeath(List<ServiceProcess> processes) throws InterruptedException {
        List<ServiceProcess> services = services(processes);
        CompletableFuture<?> death = CompletableFuture.anyOf(
                services.stream().map(process -> process.handle().onExit()).toArray(CompletableFuture[]::new));
        while (!waitFor(death, Duration.ofMinutes(1))) {
            // still running
        }
        return services.stream()
                .filter(process -> !process.isAlive())
                .findFirst()
                .orElseThrow();
    }
}
