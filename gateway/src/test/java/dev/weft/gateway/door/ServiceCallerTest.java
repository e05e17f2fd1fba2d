package dev.weft.gateway.door;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.gateway.fixtures.Http;
import dev.weft.gateway.fixtures.ScriptedInference;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What another service of the mesh may do at the gateway; {@link ServiceCallerIT} runs the same against the packaged gateway. */
@QuarkusTest
@QuarkusTestResource(ScriptedInference.class)
class ServiceCallerTest {

    private static final String[] AS_SERVICE = {"Authorization", "Bearer " + ScriptedInference.TOKEN};

    @TestHTTPResource
    private URI uri;

    private Http http;

    @BeforeEach
    void connect() {
        http = new Http(uri);
    }

    @Test
    void serviceRunsAndPublishesModels() {
        Http.Answer published = http.post("/api/v1/models/published-by-a-service/versions", "{}", AS_SERVICE);

        assertThat(published.status()).isEqualTo(201);
        assertThat(published.json().get("created_by").asText()).isEqualTo("service");
        assertThat(http.post("/v1/embeddings", "{\"model\": \"embed\", \"input\": \"rent\"}", AS_SERVICE)
                        .status())
                .isEqualTo(200);
    }

    @Test
    void serviceIsNoAdministrator() {
        assertThat(http.get("/api/v1/keys", AS_SERVICE).status()).isEqualTo(403);
        assertThat(http.post("/api/v1/models/embed/archive", "", AS_SERVICE).status())
                .isEqualTo(403);
    }
}
