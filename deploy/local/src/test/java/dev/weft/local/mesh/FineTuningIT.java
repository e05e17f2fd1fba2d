package dev.weft.local.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Fine-tuning as OpenAI's clients do it, at a mesh of real processes: upload chats, make a job, ask the model that comes of it. */
class FineTuningIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final String JOBS = "/v1/fine_tuning/jobs";
    private static final TestMesh MESH = new TestMesh();

    @BeforeAll
    static void start() {
        MESH.start();
    }

    @AfterAll
    static void stop() {
        MESH.close();
    }

    @Test
    void modelIsTunedWithChatsAndServed() {
        String file = upload(chats());
        String order = "{\"model\": \"all-minilm-l6-v2\", \"training_file\": \"" + file
                + "\", \"suffix\": \"tuned-intents\", \"metadata\": {\"team\": \"cards\"}}";
        String job = read(MESH.post(JOBS, order)).path("id").asText();
        await().atMost(PATIENCE).pollInterval(POLL).untilAsserted(() -> assertThat(
                        read(MESH.get(JOBS + "/" + job)).path("finished_at").asLong())
                .isPositive());
        JsonNode ended = read(MESH.get(JOBS + "/" + job));

        assertThat(ended.path("status").asText()).as(ended.toString()).isEqualTo("succeeded");
        assertThat(ended.path("fine_tuned_model").asText()).isEqualTo("tuned-intents");
        assertThat(ended.path("training_file").asText()).isEqualTo(file);
        assertThat(ended.at("/metadata/team").asText()).isEqualTo("cards");
        assertThat(ended.at("/hyperparameters/n_epochs").isIntegralNumber()).isTrue();
        assertThat(read(MESH.get(JOBS + "?limit=1")).at("/data/0/id").asText()).isEqualTo(job);
        assertThat(read(MESH.get(JOBS + "/" + job + "/events?limit=1"))
                        .at("/data/0/message")
                        .asText())
                .startsWith("published");
        checkMetrics(job);
        assertThat(classified(ended.path("fine_tuned_model").asText())).isEqualTo("card_lost");
        assertThat(MESH.post(JOBS + "/" + job + "/cancel", "").body()).contains("\"status\":\"succeeded\"");
    }

    private static void checkMetrics(String job) {
        String path = JOBS + "/" + job + "/events?limit=";
        JsonNode all = read(MESH.get(path + 1000)).path("data");
        List<String> inPages = new ArrayList<>();
        JsonNode page = read(MESH.get(path + 7));
        inPages.addAll(page.path("data").findValuesAsText("id"));
        while (page.path("has_more").asBoolean()) {
            page = read(MESH.get(path + 7 + "&after=" + page.path("last_id").asText()));
            inPages.addAll(page.path("data").findValuesAsText("id"));
        }

        assertThat(inPages).doesNotHaveDuplicates().isEqualTo(all.findValuesAsText("id"));
        assertThat(all.findValuesAsText("type")).contains("message", "metrics");
        assertThat(all.findValues("train_loss")).isNotEmpty();
    }

    @Test
    void fileThatCannotBeReadFailsTheJobWithItsLine() {
        String file = upload("{\"messages\": [{\"role\": \"user\", \"content\": \"my card is gone\"}]}\n");
        String job = read(MESH.post(JOBS, "{\"model\": \"all-minilm-l6-v2\", \"training_file\": \"" + file + "\"}"))
                .path("id")
                .asText();

        await().atMost(PATIENCE).pollInterval(POLL).untilAsserted(() -> assertThat(
                        read(MESH.get(JOBS + "/" + job)).at("/error/message").asText())
                .contains("line 1: messages: no message of the role assistant"));
    }

    /** The examples as OpenAI's guides write them. */
    private static String chats() {
        Path csv = TestMesh.root().resolve("deploy/examples/banking-intents/train.csv");
        try (var lines = Files.lines(csv)) {
            return lines.skip(1)
                    .filter(line -> !line.isBlank())
                    .map(FineTuningIT::chat)
                    .collect(Collectors.joining("\n"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String chat(String row) {
        int comma = row.lastIndexOf(',');
        ObjectNode chat = JSON.createObjectNode();
        chat.putArray("messages")
                .add(message("system", "Say what the customer wants."))
                .add(message("user", row.substring(0, comma)))
                .add(message("assistant", row.substring(comma + 1)));
        return chat.toString();
    }

    private static ObjectNode message(String role, String content) {
        return JSON.createObjectNode().put("role", role).put("content", content);
    }

    private static String upload(String content) {
        String form = String.join(
                "\r\n",
                List.of(
                        "--cut",
                        "Content-Disposition: form-data; name=\"purpose\"",
                        "",
                        "fine-tune",
                        "--cut",
                        "Content-Disposition: form-data; name=\"file\"; filename=\"train.jsonl\"",
                        "",
                        content,
                        "--cut--",
                        ""));
        JsonNode file = read(MESH.post("/v1/files", form, "Content-Type", "multipart/form-data; boundary=cut"));
        assertThat(file.path("purpose").asText()).as(file.toString()).isEqualTo("fine-tune");
        return file.path("id").asText();
    }

    /** The gateway hears of a new version within a second, and the first request has it loaded. */
    private static String classified(String model) {
        String body = "{\"model\": \"" + model + "\", \"input\": \"somebody stole my wallet and the card was in it\"}";
        await().atMost(PATIENCE).pollInterval(POLL).untilAsserted(() -> assertThat(
                        MESH.post("/api/v1/classify", body).statusCode())
                .isEqualTo(200));
        return read(MESH.post("/api/v1/classify", body)).at("/results/0/label").asText();
    }

    private static JsonNode read(HttpResponse<String> answer) {
        try {
            return JSON.readTree(answer.body());
        } catch (IOException e) {
            throw new UncheckedIOException(answer.body(), e);
        }
    }
}
