package dev.weft.local.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A replica that sees no model store serves what was trained: it fetches packages from training-dispatcher. */
class PackagesIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofMinutes(4);
    private static final String JOBS = "/api/v1/training/jobs";
    private static final TestReplicas MESH = new TestReplicas();

    @BeforeAll
    static void start() {
        MESH.startTraining(Map.of());
        // The secret by which a replica shows who it is is none: all of them listen on loopback.
        MESH.start(
                1,
                1,
                Map.of(
                        "WEFT_INFERENCE_STORE_FOLDERS",
                        "",
                        "WEFT_INFERENCE_STORE_TARGET",
                        "127.0.0.1:" + MESH.trainingPort()),
                Map.of());
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(MESH.status(0, JOBS)).isEqualTo(200));
    }

    @AfterAll
    static void stop() {
        MESH.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"pg", "file"})
    void whatWasPublishedIsServedWithoutASharedDisk(String store) throws Exception {
        String model = "intents-in-" + store;
        String data = Base64.getEncoder()
                .encodeToString(
                        Files.readAllBytes(TestMesh.root().resolve("deploy/examples/banking-intents/train.csv")));
        var submitted = MESH.post(0, JOBS, """
                {"runtime": "text-classifier", "data_content": {"file_name": "train.csv", "content": "%s"},
                 "publish": {"model": "%s", "store": "%s", "metric": "accuracy"}}
                """.formatted(data, model, store));
        assertThat(submitted.statusCode()).as(submitted.body()).isEqualTo(201);
        String job = JSON.readTree(submitted.body()).path("id").asText();
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                        get(JOBS + "/" + job).path("state").asText())
                .as(() -> MESH.log("training"))
                .isEqualTo("JOB_STATE_PUBLISHED"));
        assertThat(get(JOBS + "/" + job).path("model_uri").asText()).startsWith(store + ":");

        await().atMost(PATIENCE).untilAsserted(() -> {
            var answer = MESH.post(
                    0, "/api/v1/classify", "{\"model\": \"" + model + "\", \"input\": \"my card was stolen\"}");
            assertThat(answer.statusCode())
                    .as(() -> answer.body() + "\n" + MESH.log("replica-0"))
                    .isEqualTo(200);
            assertThat(answer.body()).contains("card_lost");
        });
    }

    private static JsonNode get(String path) throws IOException, InterruptedException {
        return JSON.readTree(MESH.get(0, path).body());
    }
}
