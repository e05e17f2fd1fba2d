package dev.weft.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.gateway.fixtures.Http;
import dev.weft.gateway.fixtures.ScriptedInference;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import org.junit.jupiter.api.Test;

/** What the gateway tells of replicas; {@link ReplicasIT} runs the same against the packaged gateway. */
@QuarkusTest
@QuarkusTestResource(ScriptedInference.class)
class ReplicasTest {

    @TestHTTPResource
    private URI uri;

    @Test
    void everyReplicaTellsWhatRunsOnItAndWhyNot() {
        Http http = new Http(uri);
        await().untilAsserted(() -> assertThat(http.get("/api/v1/replicas")
                        .json()
                        .at("/replicas/0/device")
                        .asText())
                .isEqualTo("cpu"));

        JsonNode replicas = http.get("/api/v1/replicas").json().get("replicas");

        assertThat(replicas).hasSize(1);
        JsonNode replica = replicas.get(0);
        assertThat(replica.get("id").asText()).startsWith("127.0.0.1:");
        assertThat(replica.get("pool").asText()).isEqualTo("default");
        assertThat(replica.get("trouble").asText()).isEmpty();
        assertThat(replica.get("memory_budget_bytes").asLong()).isEqualTo(1_000);
        assertThat(replica.get("memory_used_bytes").asLong()).isEqualTo(10);
        assertThat(replica.at("/models/0/state").asText()).isEqualTo("available");
        assertThat(replica.at("/models/1/name").asText()).isEqualTo("bad");
        assertThat(replica.at("/models/1/state").asText()).isEqualTo("failed");
        assertThat(replica.at("/models/1/reason").asText()).isEqualTo("no graph");
        assertThat(replica.at("/models/2/name").asText()).isEqualTo("echo");
        assertThat(replica.at("/models/2/state").asText()).isEqualTo("ready");
    }
}
