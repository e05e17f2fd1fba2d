package dev.weft.local.cli;

import dev.weft.local.demo.Demo;
import dev.weft.local.mesh.AotTraining;
import dev.weft.local.mesh.Form;
import dev.weft.local.mesh.Mesh;
import dev.weft.local.mesh.MeshOptions;
import dev.weft.local.process.LaunchFailure;
import dev.weft.local.process.ServiceProcess;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Entry point: {@code up}, {@code down}, {@code status}. The rest of {@code ./weft} is a shell script. */
@Command(name = "weft", description = "Runs the mesh on this machine.", subcommandsRepeatable = false)
public final class Weft {

    private final PrintStream out;

    private Weft(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] arguments) {
        CommandLine line = new CommandLine(new Weft(System.out));
        line.setExecutionExceptionHandler((e, _, _) -> {
            if (e instanceof LaunchFailure || e instanceof IllegalArgumentException) {
                System.err.println("weft: " + e.getMessage());
                return 1;
            }
            throw e;
        });
        System.exit(line.execute(arguments));
    }

    /** Options of every command. */
    static final class Common {
        @Option(names = "--root", required = true, hidden = true, description = "the project's folder")
        Path root = Path.of(".");

        @Option(
                names = "--data",
                paramLabel = "DIR",
                description = "where logs, state and your models lie (default: .weft in the project)")
        @org.jspecify.annotations.Nullable
        Path data;

        MeshOptions options(int portOffset, boolean nativeImages) {
            return new MeshOptions(
                    root, data == null ? root.resolve(".weft") : data, portOffset, Form.of(nativeImages));
        }
    }

    @Command(name = "up", description = "Starts all services and waits until a real request succeeds.")
    int up(
            @Mixin Common common,
            @Option(names = "--detach", description = "return when the mesh is up; ./weft down stops it")
                    boolean detach,
            @Option(names = "--native", description = "run the native executables of ./weft native")
                    boolean nativeImages,
            @Option(
                            names = "--port-offset",
                            paramLabel = "N",
                            description = "add N to every port, for meshes side by side",
                            defaultValue = "0")
                    int portOffset)
            throws InterruptedException {
        MeshOptions options = common.options(portOffset, nativeImages);
        Mesh mesh = new Mesh(options);
        long start = System.nanoTime();
        List<ServiceProcess> processes = mesh.up();
        welcome(mesh, options, (System.nanoTime() - start) / 1_000_000);
        if (detach) {
            out.println("Stop it with: ./weft down" + (common.data == null ? "" : " --data " + common.data));
            return 0;
        }
        out.println("Stop it with Ctrl-C.");
        AtomicBoolean stopping = new AtomicBoolean();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            stopping.set(true);
            mesh.stop(processes);
        }));
        ServiceProcess dead = mesh.awaitDeath(processes);
        // Ctrl-C reaches the services as well as this process, and ./weft down stops all of them: neither is a death to
        // report.
        if (stopping.get() || mesh.isDown(processes)) {
            return 0;
        }
        throw new LaunchFailure(dead.name() + " has died; the end of " + dead.log() + ":\n" + dead.logTail());
    }

    private void welcome(Mesh mesh, MeshOptions options, long millis) {
        String address = mesh.address();
        out.printf("Weft is up after %.1f s. REST and gRPC on %s%n", millis / 1000.0, address);
        out.printf("  logs    %s%n  models  %s%n", options.data().resolve("logs"), options.models());
        out.printf("""

                Three things to try:
                  curl -s %1$s/v1/embeddings -H 'Content-Type: application/json' \\
                    -d '{"model": "all-minilm-l6-v2", "input": "How do I block my card?", "dimensions": 8}'
                  curl -s %1$s/v2/models/all-minilm-l6-v2
                  curl -s %1$s/q/metrics | grep weft_gateway_requests

                """, address);
        out.flush();
    }

    @Command(name = "down", description = "Stops the mesh.")
    int down(@Mixin Common common) {
        List<String> stopped = new Mesh(common.options(0, false)).down();
        out.println(stopped.isEmpty() ? "Nothing was running." : "Stopped " + String.join(", ", stopped) + ".");
        return 0;
    }

    @Command(name = "aot", description = "Runs a mesh for a moment, whose JVMs write AOT caches for those to come.")
    int aot(
            @Mixin Common common,
            @Option(
                            names = "--port-offset",
                            paramLabel = "N",
                            description = "of the mesh's ports",
                            defaultValue = "1700")
                    int portOffset) {
        new AotTraining(common.root, portOffset).run(out);
        return 0;
    }

    @Command(name = "demo", description = "Trains a classifier at a running mesh, and asks it.")
    int demo(
            @Mixin Common common,
            @Option(
                            names = "--gateway",
                            paramLabel = "URL",
                            description = "where the mesh answers",
                            defaultValue = "http://127.0.0.1:8080")
                    String gateway) {
        new Demo(gateway, common.root.resolve("deploy/examples/banking-intents"), out).run();
        return 0;
    }

    @Command(name = "status", description = "Shows every service; exit status 0 when all are ready.")
    int status(@Mixin Common common) {
        List<Mesh.ServiceStatus> services = new Mesh(common.options(0, false)).status();
        out.printf("%-20s %-8s %-6s %s%n", "service", "pid", "port", "state");
        for (Mesh.ServiceStatus service : services) {
            String state = service.pid() == 0 ? "down" : service.ready() ? "ready" : "starting";
            out.printf(
                    "%-20s %-8s %-6d %s%n",
                    service.service(), service.pid() == 0 ? "-" : service.pid(), service.port(), state);
        }
        return services.stream().allMatch(Mesh.ServiceStatus::ready) ? 0 : 1;
    }
}
