package dev.weft.local.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.local.demo.Demo;
import dev.weft.testkit.FreePorts;
import dev.weft.testkit.TestCertificates;
import dev.weft.testkit.TestCertificates.Issued;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All services as processes, each with a certificate of its own, and the token by which services know each other. */
class MeshTlsIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String SECRET = "the-secret-that-all-services-share";
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    /** What a service is told that has that certificate and trusts that authority, as a server and as a client. */
    private static Map<String, String> service(Issued issued, TestCertificates trusted) {
        Map<String, String> settings = new HashMap<>();
        settings.put("WEFT_IDENTITY_SECRETS", SECRET);
        settings.put(
                "QUARKUS_TLS_MESH_KEY_STORE_PEM_TLS_CERT", issued.certificate().toString());
        settings.put("QUARKUS_TLS_MESH_KEY_STORE_PEM_TLS_KEY", issued.key().toString());
        settings.put(
                "QUARKUS_TLS_MESH_TRUST_STORE_PEM_CERTS", trusted.authority().toString());
        settings.put("WEFT_TLS_SERVER", "mesh");
        settings.put("WEFT_TLS_CLIENT", "mesh");
        return settings;
    }

    /** The gateway has one server for HTTP and gRPC: HTTPS on a port of its own beside the one that this test asks in plain text. */
    private static Map<String, String> gateway(Issued issued, TestCertificates trusted, int port) {
        Map<String, String> settings = service(issued, trusted);
        settings.remove("WEFT_TLS_SERVER");
        settings.put("QUARKUS_HTTP_TLS_CONFIGURATION_NAME", "mesh");
        settings.put("QUARKUS_HTTP_SSL_PORT", Integer.toString(port));
        settings.put("QUARKUS_HTTP_INSECURE_REQUESTS", "enabled");
        return settings;
    }

    private static Map<String, String> training(TestCertificates ours, String gateway) {
        Issued issued = ours.issue("training");
        Map<String, String> settings = service(issued, ours);
        settings.put("WEFT_TRAINING_PUBLISH_CATALOG_TARGET", gateway);
        settings.put("WEFT_TRAINING_TEXT_CLASSIFIER_INFERENCE_TARGET", gateway);
        settings.put(
                "WEFT_TRAINING_TEXT_CLASSIFIER_TLS_AUTHORITY_FILE",
                ours.authority().toString());
        settings.put(
                "WEFT_TRAINING_TEXT_CLASSIFIER_TLS_CERTIFICATE_FILE",
                issued.certificate().toString());
        settings.put("WEFT_TRAINING_TEXT_CLASSIFIER_TLS_KEY_FILE", issued.key().toString());
        return settings;
    }

    private static void await200(TestReplicas mesh, String path) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(mesh.status(0, path)).isEqualTo(200));
    }

    @Test
    void batchAndTrainingJobGoThrough() throws Exception {
        TestCertificates ours = new TestCertificates(folder.resolve("ours"));
        int port = FreePorts.next();
        try (TestReplicas mesh = new TestReplicas()) {
            mesh.startTraining(training(ours, "127.0.0.1:" + port));
            mesh.startEmbedding(1, service(ours.issue("embedding"), ours));
            mesh.start(1, 1, service(ours.issue("inference"), ours), gateway(ours.issue("gateway"), ours, port));
            await200(mesh, "/v2/models/all-minilm-l6-v2/ready");
            await200(mesh, "/v1/batches");
            await200(mesh, "/api/v1/training/jobs");

            JsonNode batch = batch(mesh);
            double accuracy = train(mesh);

            assertThat(batch.path("status").asText()).isEqualTo("completed");
            assertThat(batch.path("request_counts").path("completed").asInt()).isEqualTo(2);
            assertThat(accuracy).isGreaterThan(0.9);
            for (String service : new String[] {"replica-0", "embedding-0", "training"}) {
                assertThat(mesh.log(service))
                        .contains("gRPC by TLS, quarkus.tls.mesh: clients must show a certificate")
                        .doesNotContain(SECRET);
            }
        }
    }

    @Test
    void serviceWithAForeignCertificateIsNotCalledAndItsClientsAreToldWhy() {
        TestCertificates ours = new TestCertificates(folder.resolve("ours"));
        TestCertificates theirs = new TestCertificates(folder.resolve("theirs"));
        try (TestReplicas mesh = new TestReplicas()) {
            mesh.startEmbedding(1, service(theirs.issue("embedding"), ours));
            mesh.start(0, 1, Map.of(), gateway(ours.issue("gateway"), ours, FreePorts.next()));

            await().atMost(PATIENCE).untilAsserted(() -> assertThat(mesh.status(0, "/q/health/live"))
                    .isEqualTo(200));
            await().atMost(PATIENCE).untilAsserted(() -> {
                HttpResponse<String> answer = mesh.get(0, "/v1/batches");
                assertThat(answer.statusCode()).isEqualTo(503);
                assertThat(answer.body())
                        .contains("embedding-service does not answer: the TLS handshake with 127.0.0.1:")
                        .contains("trust anchors");
            });
        }
    }

    private static double train(TestReplicas mesh) {
        return new Demo(
                        mesh.uri(0, "").toString(),
                        TestMesh.root().resolve("deploy/examples/banking-intents"),
                        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8))
                .run();
    }

    private static JsonNode batch(TestReplicas mesh) throws Exception {
        String rows = row("1", "my card is gone") + row("2", "why is there a fee");
        String form = """
                --cut
                Content-Disposition: form-data; name="purpose"

                batch
                --cut
                Content-Disposition: form-data; name="file"; filename="rows.jsonl"

                %s
                --cut--
                """.formatted(rows).replace("\n", "\r\n");
        HttpResponse<String> file;
        try (HttpClient client = HttpClient.newHttpClient()) {
            file = client.send(
                    HttpRequest.newBuilder(mesh.uri(0, "/v1/files"))
                            .header("Content-Type", "multipart/form-data; boundary=cut")
                            .timeout(Duration.ofSeconds(60))
                            .POST(HttpRequest.BodyPublishers.ofString(form))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
        assertThat(file.statusCode()).as(file.body()).isEqualTo(200);
        HttpResponse<String> batch = mesh.post(
                0,
                "/v1/batches",
                "{\"input_file_id\":\"" + JSON.readTree(file.body()).path("id").asText()
                        + "\",\"endpoint\":\"/v1/embeddings\",\"completion_window\":\"24h\"}");
        assertThat(batch.statusCode()).as(batch.body()).isEqualTo(200);
        String path = "/v1/batches/" + JSON.readTree(batch.body()).path("id").asText();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(mesh.get(0, path).body()).contains("\"completed_at\":1"));
        return JSON.readTree(mesh.get(0, path).body());
    }

    private static String row(String id, String text) {
        return "{\"custom_id\":\"" + id + "\",\"method\":\"POST\",\"url\":\"/v1/embeddings\","
                + "\"body\":{\"model\":\"all-minilm-l6-v2\",\"input\":\"" + text + "\"}}\n";
    }
}
