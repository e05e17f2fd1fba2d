package dev.weft.local.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.testkit.TestPostgres;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A batch on two replicas of embedding-service, while they, inference-service and PostgreSQL are killed at random moments: every row has
 * exactly one answer or one failure, in the rows' order, or its point in the collection, and its vector is the model's. {@code -Dweft.batch.rows=100000} makes it larger,
 * {@code -Dweft.batch.kills=20} repeats it until so many were killed.
 */
class BatchIT {

    private static final int ROWS = Integer.getInteger("weft.batch.rows", 20_000);
    private static final int KILLS = Integer.getInteger("weft.batch.kills", 4);
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final Duration LIMIT = Duration.ofSeconds(600 + ROWS / 50);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String MODEL = "all-minilm-l6-v2";
    private static final String[] WORDS = {
        "block",
        "my",
        "card",
        "why",
        "was",
        "the",
        "transfer",
        "declined",
        "fee",
        "exchange",
        "rate",
        "when",
        "does",
        "it",
        "arrive"
    };

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);

    @TempDir
    private Path folder;

    private TestReplicas start() {
        TestReplicas mesh = new TestReplicas();
        mesh.startEmbedding(2, Map.of("WEFT_EMBEDDING_BATCH_LEASE", "5s", "WEFT_EMBEDDING_BATCH_CHUNK_ROWS", "256"));
        mesh.start(1, 1, Map.of());
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(mesh.status(0, "/v2/models/" + MODEL + "/ready"))
                .isEqualTo(200));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(mesh.status(0, "/v1/batches")).isEqualTo(200));
        return mesh;
    }

    @Test
    void everyRowHasOneAnswerWhoeverIsKilledMeanwhile() throws Exception {
        System.out.println("seed " + seed + ", rows " + ROWS);
        try (TestReplicas mesh = start()) {
            int kills = 0;
            // A machine may be too fast for a batch to see many.
            while (kills < KILLS) {
                String batch = submit(mesh, input(BatchIT::line), "/v1/embeddings");
                kills += disturb(mesh, batch);
                check(mesh, completed(mesh, batch, kills));
            }
        }
    }

    @Test
    void everyRowIsInTheCollectionWhoeverIsKilledMeanwhile() throws Exception {
        System.out.println("seed " + seed + ", rows " + ROWS);
        try (TestReplicas mesh = start()) {
            int kills = 0;
            for (int round = 0; kills < KILLS; round++) {
                String collection = "round-" + round;
                String path = "/api/v1/collections/" + collection;
                assertThat(mesh.post(
                                        0,
                                        "/api/v1/collections",
                                        "{\"name\":\"" + collection + "\",\"model\":\"" + MODEL + "\"}")
                                .statusCode())
                        .isEqualTo(201);
                String batch = submit(mesh, input(row -> pointLine(path, row)), path + "/points");
                kills += disturb(mesh, batch);
                JsonNode ended = completed(mesh, batch, kills);

                List<Integer> bad = IntStream.range(0, ROWS)
                        .filter(row -> isBroken(row) || isTooLong(row))
                        .boxed()
                        .toList();
                assertThat(failed(mesh, ended)).isEqualTo(bad);
                assertThat(JSON.readTree(mesh.get(0, path + "/count").body())
                                .path("count")
                                .asInt())
                        .isEqualTo(ROWS - bad.size());
                checkPoints(mesh, path);
            }
        }
    }

    private static String pointLine(String path, int row) {
        return "{\"custom_id\":\"row-" + row + "\",\"method\":\"POST\",\"url\":\"" + path
                + "/points\",\"body\":{\"points\":[{\"id\":\"p" + row + "\",\"text\":\"" + text(row) + "\"}]}}";
    }

    private static void checkPoints(TestReplicas mesh, String path) throws Exception {
        for (int row = 0; row < ROWS; row += ROWS / 100) {
            if (isBroken(row) || isTooLong(row)) {
                continue;
            }
            JsonNode point = JSON.readTree(
                            mesh.post(0, path + "/fetch", "{\"ids\":[\"p" + row + "\"],\"include_vector\":true}")
                                    .body())
                    .path("points")
                    .path(0);
            assertThat(point.path("text").asText()).isEqualTo(text(row));
            assertThat(cosine(point.path("vector"), direct(mesh, text(row)))).isGreaterThan(0.999999);
        }
    }

    private static JsonNode completed(TestReplicas mesh, String batch, int kills)
            throws IOException, InterruptedException {
        JsonNode ended = get(mesh, batch);
        System.out.println(kills + " kills; " + ended);
        assertThat(ended.path("status").asText()).isEqualTo("completed");
        // Whoever was killed last may not be back.
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(direct(mesh, "awake?")).hasSize(384));
        return ended;
    }

    private static String submit(TestReplicas mesh, Path input, String endpoint) throws Exception {
        String head = """
                --cut
                Content-Disposition: form-data; name="purpose"

                batch
                --cut
                Content-Disposition: form-data; name="file"; filename="rows.jsonl"

                """.replace("\n", "\r\n");
        HttpResponse<String> file = send(HttpRequest.newBuilder(mesh.uri(0, "/v1/files"))
                .header("Content-Type", "multipart/form-data; boundary=cut")
                .POST(HttpRequest.BodyPublishers.concat(
                        HttpRequest.BodyPublishers.ofString(head),
                        HttpRequest.BodyPublishers.ofFile(input),
                        HttpRequest.BodyPublishers.ofString("\r\n--cut--\r\n"))));
        assertThat(file.statusCode()).as(file.body()).isEqualTo(200);
        HttpResponse<String> batch = mesh.post(
                0,
                "/v1/batches",
                "{\"input_file_id\":\"" + JSON.readTree(file.body()).path("id").asText() + "\",\"endpoint\":\""
                        + endpoint + "\",\"completion_window\":\"24h\"}");
        assertThat(batch.statusCode()).as(batch.body()).isEqualTo(200);
        return JSON.readTree(batch.body()).path("id").asText();
    }

    private Path input(IntFunction<String> lines) throws IOException {
        Path input = folder.resolve("rows.jsonl");
        try (Writer writer = Files.newBufferedWriter(input)) {
            for (int row = 0; row < ROWS; row++) {
                writer.write(isBroken(row) ? "{ row " + row : lines.apply(row));
                writer.write('\n');
            }
        }
        return input;
    }

    private static boolean isBroken(int row) {
        return row % 500 == 7;
    }

    private static boolean isTooLong(int row) {
        return row % 1_000 == 13;
    }

    private static String line(int row) {
        return "{\"custom_id\":\"row-" + row
                + "\",\"method\":\"POST\",\"url\":\"/v1/embeddings\",\"body\":{\"model\":\"" + MODEL + "\",\"input\":\""
                + text(row) + "\"}}";
    }

    private static String text(int row) {
        Random words = new Random(row);
        StringBuilder text = new StringBuilder();
        for (int i = isTooLong(row) ? 2_000 : 3 + words.nextInt(6); i > 0; i--) {
            text.append(WORDS[words.nextInt(WORDS.length)]).append(' ');
        }
        return text.append(row).toString();
    }

    /** Kills one after the other until the batch has ended; returns how often. */
    private int disturb(TestReplicas mesh, String batch) throws Exception {
        long end = System.nanoTime() + LIMIT.toNanos();
        int kills = 0;
        while (System.nanoTime() < end && !hasEnded(mesh, batch, Duration.ofMillis(1_500 + random.nextInt(5_000)))) {
            int victim = random.nextInt(4);
            kills++;
            if (victim == 3) {
                TestPostgres.stop();
                TestPostgres.start();
            } else {
                String name = victim == 2 ? "replica-0" : "embedding-" + victim;
                mesh.kill(name);
                mesh.restart(name);
            }
        }
        return kills;
    }

    private static boolean hasEnded(TestReplicas mesh, String batch, Duration within) throws Exception {
        long end = System.nanoTime() + within.toNanos();
        while (System.nanoTime() < end) {
            try {
                if (get(mesh, batch).path("status").asText().equals("completed")) {
                    return true;
                }
            } catch (IOException | IllegalStateException _) {
                // Somebody is dead just now.
            }
            pause();
        }
        return false;
    }

    private static void pause() throws InterruptedException, ExecutionException {
        try {
            new CompletableFuture<Void>().get(200, TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            // as it should
        }
    }

    private static JsonNode get(TestReplicas mesh, String batch) throws IOException, InterruptedException {
        HttpResponse<String> answer = mesh.get(0, "/v1/batches/" + batch);
        if (answer.statusCode() != 200) {
            throw new IllegalStateException(answer.body());
        }
        return JSON.readTree(answer.body());
    }

    private void check(TestReplicas mesh, JsonNode batch) throws Exception {
        List<Integer> answered = new ArrayList<>();
        double worst = 1;
        try (BufferedReader lines = download(mesh, batch.path("output_file_id").asText())) {
            for (String text = lines.readLine(); text != null; text = lines.readLine()) {
                JsonNode line = JSON.readTree(text);
                int row = Integer.parseInt(line.path("custom_id").asText().substring(4));
                answered.add(row);
                JsonNode vector =
                        line.path("response").path("body").path("data").path(0).path("embedding");
                assertThat(vector).hasSize(384);
                if (row % (ROWS / 200) == 0) {
                    worst = Math.min(worst, cosine(vector, direct(mesh, text(row))));
                }
            }
        }
        List<Integer> good = new ArrayList<>();
        List<Integer> bad = new ArrayList<>();
        for (int row = 0; row < ROWS; row++) {
            (isBroken(row) || isTooLong(row) ? bad : good).add(row);
        }
        System.out.println("least cosine with the direct computation: " + worst);
        assertThat(answered).isEqualTo(good);
        assertThat(failed(mesh, batch)).isEqualTo(bad);
        // Rows of a dynamically quantised graph are computed apart, so that company changes nothing but the order of
        // sums.
        assertThat(worst).isGreaterThan(0.999999);
    }

    private static List<Integer> failed(TestReplicas mesh, JsonNode batch) throws Exception {
        List<Integer> failed = new ArrayList<>();
        try (BufferedReader lines = download(mesh, batch.path("error_file_id").asText())) {
            for (String text = lines.readLine(); text != null; text = lines.readLine()) {
                failed.add(JSON.readTree(text).path("line").asInt() - 1);
            }
        }
        return failed;
    }

    private static BufferedReader download(TestReplicas mesh, String file) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            Path target = Files.createTempFile("batch", ".jsonl");
            HttpResponse<Path> answer = http.send(
                    HttpRequest.newBuilder(mesh.uri(0, "/v1/files/" + file + "/content"))
                            .GET()
                            .build(),
                    HttpResponse.BodyHandlers.ofFile(target));
            assertThat(answer.statusCode()).isEqualTo(200);
            return new BufferedReader(new InputStreamReader(Files.newInputStream(target), StandardCharsets.UTF_8));
        }
    }

    private static JsonNode direct(TestReplicas mesh, String text) throws Exception {
        HttpResponse<String> answer =
                mesh.post(0, "/v1/embeddings", "{\"model\":\"" + MODEL + "\",\"input\":\"" + text + "\"}");
        return JSON.readTree(answer.body()).path("data").path(0).path("embedding");
    }

    private static double cosine(JsonNode one, JsonNode other) {
        double product = 0;
        double squares = 0;
        double others = 0;
        for (int i = 0; i < one.size(); i++) {
            product += one.get(i).asDouble() * other.get(i).asDouble();
            squares += one.get(i).asDouble() * one.get(i).asDouble();
            others += other.get(i).asDouble() * other.get(i).asDouble();
        }
        return product / Math.sqrt(squares * others);
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }
}
