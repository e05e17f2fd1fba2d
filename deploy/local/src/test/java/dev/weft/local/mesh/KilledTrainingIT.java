package dev.weft.local.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A mesh trains on the dispatcher's machine and on three workers, and at random moments one of its processes is killed by SIGKILL: a program that trains, a
 * worker, the dispatcher, the gateway. Each job is published once whatever happens. {@code -Dweft.training.kills=N} makes it longer.
 */
class KilledTrainingIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofMinutes(4);
    private static final String JOBS = "/api/v1/training/jobs";
    private static final int KILLS = Integer.getInteger("weft.training.kills", 16);
    private static final int WORKERS = 3;
    private static final int OPEN = 6;

    private static final String TRAINER = """
            import json, sys, time
            from pathlib import Path
            folder = Path(sys.argv[-1])
            job = json.loads((folder / "job.json").read_text())
            for percent in range(0, 100, 10):
                print(json.dumps({"type": "progress", "percent": percent}), flush=True)
                print(json.dumps({"type": "metric", "name": "loss", "value": 1, "step": percent}), flush=True)
                time.sleep(0.3)
            package = folder / job["output"] / "package"
            (package / "onnx").mkdir(parents=True)
            (package / "config.json").write_text("{}")
            (package / "onnx" / "model.onnx").write_bytes(job["parameters"]["job"].encode() * (1 << 18))
            print(json.dumps({"type": "result", "package": "package", "metrics": {"accuracy": 0.75}}), flush=True)
            """;

    private final TestReplicas mesh = new TestReplicas();
    private final List<Process> workers = new ArrayList<>();
    private final Map<String, String> jobs = new LinkedHashMap<>();
    private final Map<String, Integer> killed = new TreeMap<>();
    private String token = "";

    @TempDir
    private Path folder;

    @BeforeEach
    void startAll() throws Exception {
        assumeTrue(PythonWorker.hasPython(), "python3 is not on this machine: the worker cannot be tested");
        Files.writeString(folder.resolve("trainer.py"), TRAINER);
        mesh.startTraining(Map.of(
                "WEFT_TRAINING_WORKER_LEASE_TERM", "12s",
                "WEFT_TRAINING_JOBS_LEASE_TERM", "4s",
                "WEFT_TRAINING_LOCAL_MAX_RUNS", "2",
                "WEFT_TRAINING_DISPATCH_INTERVAL", "200ms",
                "WEFT_TRAINING_DISPATCH_FIRST_BACKOFF", "100ms",
                "WEFT_TRAINING_DISPATCH_LONGEST_BACKOFF", "1s"));
        mesh.start(0, 1, Map.of("WEFT_GATEWAY_INFERENCE_TARGET", "127.0.0.1:1"));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(mesh.status(0, JOBS)).isEqualTo(200));
        token = JSON.readTree(mesh.post(0, "/api/v1/training/workers", "{\"name\": \"box\"}")
                        .body())
                .path("token")
                .asText();
        var defined = mesh.ask(
                0, "none", "PUT", "/api/v1/training/runtimes/killed", """
                {"command": {"command": ["python3", "%s"]}, "parameters": [{"name": "job", "text": {}}]}
                """.formatted(folder.resolve("trainer.py")));
        assertThat(defined.statusCode()).as(defined.body()).isEqualTo(200);
        for (int i = 0; i < WORKERS; i++) {
            workers.add(worker(i));
        }
    }

    @AfterEach
    void endAll() {
        workers.forEach(Process::destroyForcibly);
        programs().forEach(ProcessHandle::destroyForcibly);
        mesh.close();
    }

    @Test
    void everyJobIsPublishedOnceWhoeverIsKilled() throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        while (killed.values().stream().mapToInt(Integer::intValue).sum() < KILLS) {
            LockSupport.parkNanos(Duration.ofMillis(100 + random.nextInt(1_400)).toNanos());
            keepOpen();
            killOne(random);
        }
        assertThat(jobs).hasSizeGreaterThanOrEqualTo(OPEN);
        System.out.println("seed " + seed + ", killed " + killed + ", jobs " + jobs.size());

        // The last to be killed may have been the gateway, which needs a while to answer again.
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(mesh.status(0, JOBS))
                .as(() -> mesh.log("gateway-0"))
                .isEqualTo(200));
        for (String job : jobs.keySet()) {
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                            get(JOBS + "/" + job).path("state").asText())
                    .as(() -> job + " with seed " + seed + "\n" + log())
                    .isEqualTo("JOB_STATE_PUBLISHED"));
        }
        for (Map.Entry<String, String> job : jobs.entrySet()) {
            verifyPublishedOnce(job.getKey(), job.getValue());
        }
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(programs()).isEmpty());
        assertThat(listed()).containsExactlyInAnyOrderElementsOf(jobs.keySet());
    }

    private void verifyPublishedOnce(String id, String model) throws Exception {
        JsonNode job = get(JOBS + "/" + id);
        assertThat(get(JOBS + "/" + id + "/events?limit=1000").findValuesAsText("type").stream()
                        .filter(type -> type.equals("succeeded") || type.equals("published")))
                .as(id)
                .containsExactly("succeeded", "published");
        assertThat(get("/api/v1/models/" + model).path("versions")).as(model).hasSize(1);
        String uri = job.path("model_uri").asText();
        int at = uri.lastIndexOf('@');
        Path versions = Path.of(uri.substring("file:".length(), at));
        Path published = versions.resolve(uri.substring(at + 1));
        assertThat(published.resolve("package/onnx/model.onnx")).hasContent(model.repeat(1 << 18));
    }

    /** Kills one of what is there, and starts again what whoever watches over it would start. */
    private void killOne(Random random) throws IOException {
        int what = random.nextInt(20);
        if (what < 11) {
            List<ProcessHandle> running = programs();
            if (!running.isEmpty()
                    && running.get(random.nextInt(running.size())).destroyForcibly()) {
                killed.merge("programs", 1, Integer::sum);
            }
        } else if (what < 16) {
            int worker = random.nextInt(WORKERS);
            workers.get(worker).destroyForcibly().onExit().join();
            workers.set(worker, worker(worker));
            killed.merge("workers", 1, Integer::sum);
        } else {
            String service = what < 19 ? "training" : "gateway-0";
            mesh.kill(service);
            mesh.restart(service);
            killed.merge(service, 1, Integer::sum);
        }
    }

    /** As long as the mesh is killed, it has something to do. Nobody answers now and then: the key makes one job of all requests. */
    private void keepOpen() throws InterruptedException {
        try {
            long ended = 0;
            for (String job : jobs.keySet()) {
                ended += get(JOBS + "/" + job).path("state").asText().equals("JOB_STATE_PUBLISHED") ? 1 : 0;
            }
            while (jobs.size() - ended < OPEN) {
                String model = "model-" + jobs.size();
                var submitted = mesh.post(
                        0,
                        JOBS,
                        """
                        {"runtime": "killed", "backend": "%s", "parameters": {"job": "%s"}, "max_attempts": 100,
                         "publish": {"model": "%s", "metric": "accuracy"}}
                        """.formatted(jobs.size() % 3 == 0 ? "local" : "worker", model, model),
                        "Idempotency-Key",
                        model);
                if (submitted.statusCode() >= 500) {
                    return;
                }
                assertThat(submitted.statusCode()).as(submitted.body()).isIn(200, 201);
                jobs.put(JSON.readTree(submitted.body()).path("id").asText(), model);
            }
        } catch (IOException _) {
            // Another time.
        }
    }

    private List<String> listed() throws Exception {
        List<String> ids = new ArrayList<>();
        String page = "";
        do {
            JsonNode answer = get(JOBS + "?page_size=100&page_token=" + page);
            ids.addAll(answer.path("jobs").findValuesAsText("id"));
            page = answer.path("next_page_token").asText();
        } while (!page.isEmpty());
        return ids;
    }

    /** Whatever has the trainer among its arguments: the programs, and what looks after them. */
    private List<ProcessHandle> programs() {
        String trainer = folder.resolve("trainer.py").toString();
        return ProcessHandle.allProcesses()
                .filter(process -> process.info().arguments().stream()
                        .flatMap(Stream::of)
                        .anyMatch(argument -> argument.contains(trainer)))
                .toList();
    }

    private Process worker(int number) throws IOException {
        return PythonWorker.start(
                mesh.gatewayPort(0),
                token,
                "killed",
                folder.resolve("worker-" + number),
                folder.resolve("worker-" + number + ".log"));
    }

    private String log() {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < WORKERS; i++) {
            try {
                List<String> lines = Files.readAllLines(folder.resolve("worker-" + i + ".log"));
                lines.stream().skip(Math.max(0, lines.size() - 30)).forEach(line -> all.append(line)
                        .append('\n'));
            } catch (IOException e) {
                all.append(e);
            }
        }
        return all.toString();
    }

    private JsonNode get(String path) throws IOException, InterruptedException {
        return JSON.readTree(mesh.get(0, path).body());
    }
}
