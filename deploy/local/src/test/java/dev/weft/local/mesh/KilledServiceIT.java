package dev.weft.local.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What the gateway does when its neighbour dies and comes back. */
class KilledServiceIT {

    private static final String REQUEST = "{\"model\": \"all-minilm-l6-v2\", \"input\": \"rent\"}";

    @Test
    void killedServiceIsReportedAndFoundAgain() {
        try (TestMesh mesh = new TestMesh().start()) {
            assertThat(mesh.post("/v1/embeddings", REQUEST).statusCode()).isEqualTo(200);

            mesh.kill("inference-service");

            HttpResponse<String> answer = mesh.post("/v1/embeddings", REQUEST);
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.body()).contains("inference-service at 127.0.0.1:", "does not answer");
            assertThat(mesh.get("/v2/health/ready").statusCode()).isEqualTo(503);
            assertThat(mesh.get("/q/health/ready").statusCode()).isEqualTo(503);
            assertThat(mesh.get("/q/health/live").statusCode()).isEqualTo(200);

            mesh.restart(Service.INFERENCE);

            await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(
                            mesh.post("/v1/embeddings", REQUEST).statusCode())
                    .isEqualTo(200));
        }
    }
}
