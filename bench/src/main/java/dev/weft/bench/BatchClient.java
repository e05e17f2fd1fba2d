package dev.weft.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.Writer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;

/** A client of {@code /v1/files} and {@code /v1/batches}. Not thread-safe. */
final class BatchClient implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration LIMIT = Duration.ofHours(2);
    private static final Set<String> ENDS = Set.of("completed", "failed", "expired", "cancelled");

    private final Mesh mesh;
    private final HttpClient http = HttpClient.newHttpClient();

    BatchClient(Mesh mesh) {
        this.mesh = mesh;
    }

    /**
     * What a batch has taken.
     *
     * @param residentMegabytes embedding-service's most
     */
    record Finished(double seconds, long failed, double residentMegabytes) {}

    /** Writes the input of a batch. */
    static void write(Path file, int rows, IntFunction<String> text) throws IOException {
        try (Writer writer = Files.newBufferedWriter(file)) {
            for (int row = 0; row < rows; row++) {
                writer.write("{\"custom_id\":\"" + row
                        + "\",\"method\":\"POST\",\"url\":\"/v1/embeddings\",\"body\":{\"model\":\""
                        + BundledModel.NAME + "\",\"encoding_format\":\"base64\",\"input\":"
                        + JSON.writeValueAsString(text.apply(row)) + "}}\n");
            }
        }
    }

    /** Has a file worked on to its end. */
    Finished run(Path input) throws IOException, InterruptedException {
        String id = submit(input);
        long start = System.nanoTime();
        double most = 0;
        while (true) {
            JsonNode batch = get(id);
            most = Math.max(most, MeshFacts.residentMegabytes(mesh.pid(Mesh.EMBEDDING)));
            if (ENDS.contains(batch.path("status").asText())) {
                double seconds = (System.nanoTime() - start) / 1e9;
                return new Finished(
                        seconds, batch.path("request_counts").path("failed").asLong(), most);
            }
            pause(start);
        }
    }

    private static void pause(long start) {
        if (System.nanoTime() - start > LIMIT.toNanos()) {
            throw new IllegalStateException("a batch has not ended within " + LIMIT);
        }
        LockSupport.parkNanos(POLL.toNanos());
    }

    /** Uploads a file and submits a batch of it. */
    String submit(Path input) throws IOException, InterruptedException {
        String head = """
                --cut
                Content-Disposition: form-data; name="purpose"

                batch
                --cut
                Content-Disposition: form-data; name="file"; filename="bench.jsonl"

                """.replace("\n", "\r\n");
        JsonNode file = send(request("/v1/files")
                .header("Content-Type", "multipart/form-data; boundary=cut")
                .POST(BodyPublishers.concat(
                        BodyPublishers.ofString(head),
                        BodyPublishers.ofFile(input),
                        BodyPublishers.ofString("\r\n--cut--\r\n"))));
        return send(request("/v1/batches")
                        .POST(BodyPublishers.ofString("{\"input_file_id\":\""
                                + file.path("id").asText()
                                + "\",\"endpoint\":\"/v1/embeddings\",\"completion_window\":\"24h\"}")))
                .path("id")
                .asText();
    }

    /** Waits until the first rows have answers. */
    void awaitProgress(String id) throws IOException, InterruptedException {
        long start = System.nanoTime();
        while (get(id).path("request_counts").path("completed").asLong() == 0) {
            pause(start);
        }
    }

    double rowsPerSecond(String id) throws IOException, InterruptedException {
        return get(id).path("progress").path("rows_per_second").asDouble();
    }

    void cancel(String id) throws IOException, InterruptedException {
        send(request("/v1/batches/" + id + "/cancel").POST(BodyPublishers.noBody()));
    }

    private JsonNode get(String id) throws IOException, InterruptedException {
        return send(request("/v1/batches/" + id).GET());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://" + mesh.gateway().address() + path));
    }

    private JsonNode send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException(answer.uri() + ": " + answer.statusCode() + " " + answer.body());
        }
        return JSON.readTree(answer.body());
    }

    @Override
    public void close() {
        http.close();
    }
}
