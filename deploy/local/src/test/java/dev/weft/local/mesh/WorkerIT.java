package dev.weft.local.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real {@code deploy/workers/weft_worker.py} at a real gateway, by a network that breaks its uploads. */
class WorkerIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String JOBS = "/api/v1/training/jobs";
    private static final int MODEL_MIB = 20;

    /** Trains when it is told to, so that the test decides when what happens. */
    private static final String TRAINER = """
            import json, os, sys, time
            from pathlib import Path
            here = Path(__file__).parent
            folder = Path(sys.argv[-1])
            job = json.loads((folder / "job.json").read_text())
            rows = (folder / job["data"]["train"]).read_text().count(chr(10))
            if "WEFT_WORKER_TOKEN" in os.environ:
                sys.exit("the token is no business of a program's")
            (here / f"begun-{os.getpid()}").write_text("")
            print(json.dumps({"type": "metric", "name": "rows", "value": rows, "step": 1}), flush=True)
            print("no event", flush=True)
            while not (here / "go").exists():
                time.sleep(0.1)
            package = folder / job["output"] / "package"
            (package / "onnx").mkdir(parents=True)
            (package / "config.json").write_text("{}")
            with open(package / "onnx" / "model.onnx", "wb") as file:
                for number in range(%d):
                    file.write(bytes([number]) * (1 << 20))
            print(json.dumps({"type": "result", "package": "package", "metrics": {"accuracy": 0.75}}), flush=True)
            """.formatted(MODEL_MIB);

    private static TestReplicas mesh = new TestReplicas();
    private static String token = "";

    @TempDir
    private Path folder;

    private final List<Process> workers = new ArrayList<>();

    @BeforeAll
    static void startMesh() throws Exception {
        assumeTrue(PythonWorker.hasPython(), "python3 is not on this machine: the worker cannot be tested");
        mesh.startTraining(Map.of(
                "WEFT_TRAINING_WORKER_LEASE_TERM", "12s",
                "WEFT_TRAINING_DISPATCH_INTERVAL", "200ms",
                "WEFT_TRAINING_DISPATCH_FIRST_BACKOFF", "100ms"));
        mesh.start(0, 1, Map.of("WEFT_GATEWAY_INFERENCE_TARGET", "127.0.0.1:1"));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(mesh.status(0, JOBS)).isEqualTo(200));
        token = JSON.readTree(mesh.post(0, "/api/v1/training/workers", "{\"name\": \"box\"}")
                        .body())
                .path("token")
                .asText();
    }

    @AfterAll
    static void stopMesh() {
        mesh.close();
    }

    @BeforeEach
    void writeTrainer() throws IOException {
        Files.writeString(folder.resolve("trainer.py"), TRAINER);
    }

    @AfterEach
    void endWorkers() {
        workers.forEach(Process::destroyForcibly);
    }

    @Test
    void runOfAWorkerThatIsKilledIsBegunAgainAndPublishedOnce() throws Exception {
        try (CuttingProxy network = new CuttingProxy(mesh.gatewayPort(0), 3 << 20, 3)) {
            String job = submit("killed");
            Process first = worker(network.port(), "killed");
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                            get(job, "/metrics").at("/metrics/0/value").asDouble())
                    .isEqualTo(2));
            ProcessHandle program = program();

            first.destroyForcibly();

            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(program.isAlive()).isFalse());
            await().atMost(PATIENCE)
                    .untilAsserted(() ->
                            assertThat(get(job, "").path("attempt").asInt()).isEqualTo(2));
            Files.writeString(folder.resolve("go"), "");
            Process second = worker(network.port(), "killed");
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(get(job, "").path("state").asText())
                            .as(() -> log())
                            .isEqualTo("JOB_STATE_PUBLISHED"));
            second.destroy();
            assertThat(second.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(second.exitValue()).as(log()).isZero();
            checkPublished(job);
            assertThat(network.cuts()).isEqualTo(3);
            assertThat(log()).doesNotContain(token);
        }
    }

    private void checkPublished(String job) throws Exception {
        JsonNode told = get(job, "");
        assertThat(told.path("attempt").asInt())
                .as(() -> get(job, "/events") + "\n" + log())
                .isEqualTo(2);
        assertThat(get(job, "/events").findValuesAsText("type").stream()
                        .filter(type -> type.equals("succeeded") || type.equals("published")))
                .containsExactly("succeeded", "published");
        assertThat(JSON.readTree(mesh.get(0, "/api/v1/models/killed").body()).path("versions"))
                .hasSize(1);
        String uri = told.path("model_uri").asText();
        int at = uri.lastIndexOf('@');
        Path published = Path.of(uri.substring("file:".length(), at)).resolve(uri.substring(at + 1));
        byte[] model = Files.readAllBytes(published.resolve("package/onnx/model.onnx"));
        assertThat(model).hasSize(MODEL_MIB << 20);
        for (int i = 0; i < MODEL_MIB; i++) {
            assertThat(model[(i << 20) + 77]).isEqualTo((byte) i);
        }
        try (Stream<Path> left = Files.list(folder.resolve("runs"))) {
            assertThat(left.map(path -> path.getFileName().toString())).containsExactly("lock");
        }
    }

    @Test
    void workerThatIsAskedToEndGivesItsRunBack() throws Exception {
        String job = submit("terminated");
        Process worker = worker(mesh.gatewayPort(0), "terminated");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(get(job, "/logs").toString()).contains("no event"));

        ProcessHandle program = program();

        worker.destroy();

        assertThat(worker.waitFor(60, TimeUnit.SECONDS)).isTrue();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(get(job, "/events").toString()).contains("the worker was stopped"));
        assertThat(get(job, "/events").findValuesAsText("type"))
                .contains("returned")
                .doesNotContain("attempt-failed");
        assertThat(program.isAlive()).isFalse();
    }

    /** As Jupyter would: the cells of code, one after the other, in one namespace. */
    @Test
    void notebookTrainsAJobFromItsFirstCellToItsLast() throws Exception {
        String job = submit("notebook");
        Files.copy(PythonWorker.file("weft_worker.py"), folder.resolve("weft_worker.py"));
        Process notebook = PythonWorker.python(
                Map.of(
                        "WEFT_GATEWAY",
                        "http://127.0.0.1:" + mesh.gatewayPort(0),
                        "WEFT_RUNTIME",
                        "notebook",
                        "WEFT_WORKER_TOKEN",
                        token),
                folder.resolve("worker.log"),
                "-c",
                """
                import json, os, sys
                os.chdir(sys.argv[1])
                sys.path.insert(0, sys.argv[1])
                names = {"__name__": "__main__"}
                for cell in json.load(open(sys.argv[2]))["cells"]:
                    if cell["cell_type"] == "code":
                        exec("".join(cell["source"]), names)
                """,
                folder.toString(),
                PythonWorker.file("weft_worker.ipynb").toString());
        workers.add(notebook);

        assertThat(notebook.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .as(log())
                .isTrue();
        assertThat(notebook.exitValue()).as(log()).isZero();
        assertThat(log()).contains("1 runs completed").doesNotContain(token);
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(get(job, "").path("state").asText()).isEqualTo("JOB_STATE_PUBLISHED"));
        assertThat(get(job, "/metrics").at("/metrics").findValuesAsText("name")).startsWith("loss", "loss", "loss");
    }

    /** The trainer that has begun, of which there is one. */
    private ProcessHandle program() throws IOException {
        try (Stream<Path> marks = Files.list(folder)) {
            long id = marks.map(path -> path.getFileName().toString())
                    .filter(name -> name.startsWith("begun-"))
                    .mapToLong(name -> Long.parseLong(name.substring("begun-".length())))
                    .findFirst()
                    .orElseThrow();
            return ProcessHandle.of(id).orElseThrow(() -> new AssertionError("process " + id + " has ended"));
        }
    }

    private String submit(String name) throws Exception {
        var defined = mesh.ask(
                0,
                "none",
                "PUT",
                "/api/v1/training/runtimes/" + name,
                "{\"command\": {\"command\": [\"python3\", \"" + folder.resolve("trainer.py") + "\"]}}");
        assertThat(defined.statusCode()).as(defined.body()).isEqualTo(200);
        String data =
                Base64.getEncoder().encodeToString("text,label\nblock my card,card\n".getBytes(StandardCharsets.UTF_8));
        var submitted = mesh.post(0, JOBS, """
                {"runtime": "%s", "backend": "worker", "data_content": {"file_name": "train.csv", "content": "%s"},
                 "publish": {"model": "%s", "metric": "accuracy"}}
                """.formatted(name, data, name));
        assertThat(submitted.statusCode()).as(submitted.body()).isEqualTo(201);
        return JSON.readTree(submitted.body()).path("id").asText();
    }

    private Process worker(int port, String runtime) throws IOException {
        Process process =
                PythonWorker.start(port, token, runtime, folder.resolve("runs"), folder.resolve("worker.log"));
        workers.add(process);
        return process;
    }

    private String log() {
        try {
            return Files.readString(folder.resolve("worker.log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode get(String job, String what) {
        try {
            return JSON.readTree(mesh.get(0, JOBS + "/" + job + what).body());
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
