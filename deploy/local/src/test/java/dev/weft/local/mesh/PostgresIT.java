package dev.weft.local.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.local.process.LaunchFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The mesh and its own PostgreSQL, through a crash, a stop and a start. */
class PostgresIT {

    private static final String REQUEST = "{\"model\": \"all-minilm-l6-v2\", \"input\": \"rent\"}";

    @Test
    void killedDatabaseStopsNoInferenceAndTheDataOutliveIt() throws IOException {
        TestMesh mesh = new TestMesh();
        try {
            mesh.start();
            long pid = mesh.mesh().status().getFirst().pid();

            ProcessHandle.of(pid).orElseThrow().destroyForcibly();
            await().untilAsserted(() ->
                    assertThat(mesh.mesh().status().getFirst().ready()).isFalse());

            assertThat(mesh.post("/v1/embeddings", REQUEST).statusCode()).isEqualTo(200);
            assertThat(mesh.get("/q/health/ready").statusCode()).isEqualTo(200);
            assertThat(mesh.get("/q/health/well").statusCode()).isEqualTo(503);

            mesh.close();
            mesh.start();

            assertThat(mesh.log("postgres")).contains("database system was interrupted");
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() ->
                            assertThat(mesh.get("/q/health/well").statusCode()).isEqualTo(200));
            assertThat(mesh.log("gateway")).as("the schema is there already").contains("No migration necessary");
        } finally {
            mesh.close();
        }
    }

    @Test
    void dataOfAnotherVersionAreRefusedAndNothingIsLeftRunning() throws IOException {
        TestMesh mesh = new TestMesh();
        Path data = Files.createDirectories(mesh.options().data().resolve("postgres/data"));
        Files.writeString(data.resolve("PG_VERSION"), "13\n");

        assertThatThrownBy(mesh::start)
                .isInstanceOf(LaunchFailure.class)
                .hasMessageContaining(data + " was written by PostgreSQL 13");
        assertThat(mesh.mesh().status()).noneMatch(service -> service.pid() != 0);
    }
}
