package dev.weft.gateway.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.gateway.fixtures.Http;
import dev.weft.gateway.fixtures.ScriptedInference;
import dev.weft.testkit.DatabaseResource;
import dev.weft.testkit.TestPostgres;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A database that goes and comes; {@link DatabaseIT} runs the same against the packaged gateway. The resource is there for every Quarkus
 * test of this module.
 */
@QuarkusTest
@QuarkusTestResource(ScriptedInference.class)
@QuarkusTestResource(value = DatabaseResource.class, initArgs = @ResourceArg(name = "schema", value = "gateway"))
class DatabaseTest {

    @TestHTTPResource
    private URI uri;

    private Http http;

    @BeforeEach
    void connect() {
        http = new Http(uri);
    }

    @AfterEach
    void startAgain() {
        TestPostgres.stop();
        TestPostgres.start();
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(
                        () -> assertThat(http.get("/q/health/well").status()).isEqualTo(200));
    }

    @Test
    void databaseThatIsAwayIsToldAndStopsNoInference() {
        assertThat(http.get("/q/health/well").text()).contains("\"database\"", "127.0.0.1:");

        TestPostgres.stop();

        assertThat(http.get("/q/health/well").status()).isEqualTo(503);
        assertThat(http.get("/q/health/ready").status()).isEqualTo(200);
        assertThat(http.get("/q/health/live").status()).isEqualTo(200);
        assertThat(http.post("/v1/embeddings", "{\"model\": \"embed\", \"input\": \"rent\"}")
                        .status())
                .isEqualTo(200);
    }
}
