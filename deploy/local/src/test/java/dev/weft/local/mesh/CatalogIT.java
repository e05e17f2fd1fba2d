package dev.weft.local.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.kit.time.Deadline;
import dev.weft.store.Published;
import dev.weft.store.file.FileModelStore;
import dev.weft.testkit.OnnxGraph;
import dev.weft.testkit.OnnxGraph.Element;
import dev.weft.testkit.TestPostgres;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Versions that come from a model store, and names that move, at two gateways and two replicas that know nothing of each other. */
class CatalogIT {

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final String ROW =
            "{\"inputs\": [{\"name\": \"X\", \"shape\": [1, 2], \"datatype\": \"FP32\", \"data\": [1, 2]}]}";

    private static Published publish(TestReplicas mesh, Path folder) {
        FileModelStore store = new FileModelStore(mesh.modelStore(), List.of(), new FileModelStore.Limits(1 << 20, 0));
        return store.put("doubling", folder, Deadline.after(PATIENCE));
    }

    private static void register(TestReplicas mesh, Published version, int expected) throws Exception {
        HttpResponse<String> answer = mesh.post(
                0,
                "/api/v1/models/doubling/versions",
                "{\"source_uri\": \"" + version.uri() + "\", \"manifest_sha256\": \""
                        + version.manifest().digest() + "\"}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(expected);
    }

    private static String backend(TestReplicas mesh, int gateway, String model)
            throws IOException, InterruptedException {
        HttpResponse<String> answer = mesh.post(gateway, "/v2/models/" + model + "/infer", ROW);
        return answer.statusCode() + " "
                + answer.headers().firstValue("x-weft-backend").orElse("none");
    }

    @Test
    void publishedVersionIsServedEverywhereWithoutARestart() throws Exception {
        try (TestReplicas mesh = new TestReplicas()) {
            mesh.start(2, 2, Map.of());
            for (int gateway = 0; gateway < 2; gateway++) {
                int asked = gateway;
                await().atMost(PATIENCE).untilAsserted(() -> assertThat(mesh.status(asked, "/v2/health/ready"))
                        .isEqualTo(200));
            }
            Path first = mesh.models().resolveSibling("first");
            Path second = mesh.models().resolveSibling("second");
            OnnxGraph.write(OnnxGraph.twoOutputs(), first);
            OnnxGraph.write(OnnxGraph.identity(Element.FLOAT, 2), second);

            Published one = publish(mesh, first);
            register(mesh, one, 201);
            register(mesh, one, 200);
            awaitBackend(mesh, 0, "doubling", "200 doubling:1");
            awaitBackend(mesh, 1, "doubling", "200 doubling:1");

            long before = System.nanoTime();
            register(mesh, publish(mesh, second), 201);
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> backend(mesh, 1, "doubling@2").equals("200 doubling:2"));
            assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(20));
            assertThat(backend(mesh, 0, "doubling@1")).isEqualTo("200 doubling:1");

            assertServesWithoutItsDatabase(mesh);
        }
    }

    private static void assertServesWithoutItsDatabase(TestReplicas mesh) throws Exception {
        TestPostgres.stop();
        try {
            for (int i = 0; i < 20; i++) {
                assertThat(backend(mesh, i % 2, "doubling")).isEqualTo("200 doubling:2");
            }
            assertThat(mesh.post(0, "/api/v1/models", "{\"name\": \"late\"}").statusCode())
                    .isEqualTo(503);
        } finally {
            TestPostgres.start();
        }
        // A change that is made when the database is back is seen by a gateway whose connection was broken.
        await().atMost(PATIENCE)
                .until(() -> mesh.post(0, "/api/v1/models/doubling/versions/2/archive", "")
                                .statusCode()
                        == 200);
        awaitBackend(mesh, 1, "doubling", "200 doubling:1");
    }

    private static void awaitBackend(TestReplicas mesh, int gateway, String model, String expected) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(backend(mesh, gateway, model)).isEqualTo(expected));
    }
}
