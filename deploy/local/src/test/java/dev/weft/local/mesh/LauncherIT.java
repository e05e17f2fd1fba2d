package dev.weft.local.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The launcher as its user meets it: a process with arguments, output and an exit status. */
class LauncherIT {

    private final Path data = TestMesh.dataFolder();
    private final int offset = TestMesh.freeOffset();

    private record Outcome(int status, String output) {}

    @AfterEach
    void leaveNothingRunning() throws Exception {
        run(Map.of(), "down");
    }

    @Test
    void endingTheLauncherStopsEveryProcessThatWasStarted() throws Exception {
        Path output = data.resolve("up.txt");
        Process up = launcher(Map.of(), output, "up", "--port-offset", Integer.toString(offset));
        await().atMost(Duration.ofSeconds(90)).untilAsserted(() -> assertThat(Files.readString(output))
                .contains("Weft is up after", "Stop it with Ctrl-C"));
        List<ProcessHandle> services = up.toHandle().descendants().toList();
        assertThat(services).hasSize(4);

        // Not SIGINT, which Ctrl-C sends: a test run in the background has it ignored, and its children inherit that.
        up.destroy();

        assertThat(up.waitFor(60, TimeUnit.SECONDS)).isTrue();
        await().untilAsserted(() -> assertThat(services).noneMatch(ProcessHandle::isAlive));
        assertThat(Files.readString(output)).contains("/v1/embeddings", "127.0.0.1:" + (8080 + offset));
        assertThat(run(Map.of(), "status").output()).containsPattern("postgres +- ");
        assertThat(Files.readString(data.resolve("logs/postgres.log"))).contains("database system is shut down");
    }

    @Test
    void detachedMeshIsShownAndStopped() throws Exception {
        Outcome up = run(Map.of(), "up", "--detach", "--port-offset", Integer.toString(offset));
        assertThat(up.status()).as(up.output()).isZero();

        Outcome status = run(Map.of(), "status");
        assertThat(status.status()).as(status.output()).isZero();
        assertThat(status.output()).containsPattern("gateway +\\d+ +" + (8080 + offset) + " +ready");
        assertThat(status.output()).containsPattern("embedding-service +\\d+ +" + (8083 + offset) + " +ready");
        assertThat(status.output()).containsPattern("postgres +\\d+ +" + (8432 + offset) + " +ready");

        Outcome again = run(Map.of(), "up", "--detach", "--port-offset", Integer.toString(offset));
        assertThat(again.status()).isEqualTo(1);
        assertThat(again.output()).contains("a mesh runs already", "./weft down");

        Outcome down = run(Map.of(), "down");
        assertThat(down.output())
                .contains("Stopped postgres, inference-service, embedding-service, training-dispatcher, gateway.");
        assertThat(run(Map.of(), "status").status()).isEqualTo(1);
        assertThat(run(Map.of(), "down").output()).contains("Nothing was running.");
    }

    @Test
    void portThatIsTakenIsNamedAndNothingIsLeftRunning() throws Exception {
        try (ServerSocket _ = new ServerSocket(8080 + offset, 1, InetAddress.getLoopbackAddress())) {
            Outcome up = run(Map.of(), "up", "--detach", "--port-offset", Integer.toString(offset));

            assertThat(up.status()).isEqualTo(1);
            assertThat(up.output()).contains("port " + (8080 + offset) + ", which gateway needs, is taken");
            assertThat(run(Map.of(), "status").output()).doesNotContain("ready", "starting");
        }
    }

    @Test
    void serviceThatDiesAtStartIsNamedWithItsLogAndNothingIsLeftRunning() throws Exception {
        Outcome up = run(
                Map.of("WEFT_INFERENCE_QUEUE_ROWS", "-1"), "up", "--detach", "--port-offset", Integer.toString(offset));

        assertThat(up.status()).as(up.output()).isEqualTo(1);
        assertThat(up.output()).contains("inference-service died at start", "queue-rows");
        assertThat(run(Map.of(), "status").output()).doesNotContain("ready", "starting");
    }

    private Outcome run(Map<String, String> environment, String... arguments) throws IOException, InterruptedException {
        Path output = Files.createTempFile(data, "output", ".txt");
        Process process = launcher(environment, output, arguments);
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        return new Outcome(process.exitValue(), Files.readString(output));
    }

    private Process launcher(Map<String, String> environment, Path output, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                Path.of("target/weft-local.jar").toAbsolutePath().toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--root", TestMesh.root().toString(), "--data", data.toString()));
        if (Boolean.getBoolean("weft.native") && command.contains("up")) {
            command.add("--native");
        }
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        return builder.start();
    }
}
