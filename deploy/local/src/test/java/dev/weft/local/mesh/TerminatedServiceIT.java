package dev.weft.local.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.local.process.ServiceProcess;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Collections;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What becomes of requests in flight when inference-service is asked to end. */
class TerminatedServiceIT {

    /** Seconds of work. */
    private static final String LONG_REQUEST = "{\"model\": \"all-minilm-l6-v2\", \"input\": [\""
            + String.join("\", \"", Collections.nCopies(1_000, "a long story about a card ".repeat(12))) + "\"]}";

    @Test
    void requestInFlightIsAnsweredBeforeTheProcessEnds() throws Exception {
        try (TestMesh mesh = new TestMesh().start();
                ExecutorService client = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<HttpResponse<String>> answer = client.submit(() -> mesh.post("/v1/embeddings", LONG_REQUEST));
            await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(mesh.metrics(Service.INFERENCE))
                    .containsPattern("weft_inference_pending_rows\\{[^}]*} [1-9]"));

            ServiceProcess process = mesh.terminate("inference-service");

            assertThat(answer.get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
            process.awaitEnd();
            assertThat(mesh.log("inference-service")).contains("stopped in");
        }
    }
}
