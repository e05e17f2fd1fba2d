package dev.weft.local.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.testkit.TestPostgres;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Keys and usage over two gateways, real processes with one database, before one real inference-service. */
class KeysIT {

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Duration ONE_SECOND = Duration.ofSeconds(1);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ADMIN = "the admin key of the whole mesh";
    private static final String EMBED = "{\"model\": \"all-minilm-l6-v2\", \"input\": \"How do I block my card?\"}";
    private static final int TOKENS = 9;

    private static final TestReplicas MESH = new TestReplicas();

    private MadeKey key = new MadeKey("", "");

    private record MadeKey(String id, String text) {}

    @BeforeAll
    static void start() {
        MESH.start(1, 2, Map.of("WEFT_GATEWAY_KEYS_ADMIN_KEY", ADMIN, "WEFT_GATEWAY_KEYS_ANONYMOUS", "never"));
    }

    @AfterAll
    static void stop() {
        MESH.close();
    }

    @BeforeEach
    void makeKey() {
        for (int gateway = 0; gateway < 2; gateway++) {
            int port = gateway;
            await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> assertThat(embed(port, ADMIN))
                    .isEqualTo(200));
        }
        await().atMost(PATIENCE).ignoreExceptions().until(() -> {
            JsonNode made = JSON.readTree(
                    MESH.ask(0, ADMIN, "POST", "/api/v1/keys", "{\"name\": \"it\", \"scopes\": [\"infer\"]}")
                            .body());
            key = new MadeKey(made.get("id").asText(), made.get("key").asText());
            return true;
        });
    }

    private static int embed(int gateway, String key) throws IOException, InterruptedException {
        return MESH.ask(gateway, key, "POST", "/v1/embeddings", EMBED).statusCode();
    }

    private void embedTimes(int gateway, int times) throws IOException, InterruptedException {
        for (int i = 0; i < times; i++) {
            assertThat(embed(gateway, key.text())).isEqualTo(200);
        }
    }

    /** The key's requests and tokens, as a gateway tells them. */
    private String usage(int gateway) throws IOException, InterruptedException {
        HttpResponse<String> answer = MESH.ask(gateway, key.text(), "GET", "/api/v1/usage?group_by=model", "");
        JsonNode sums = JSON.readTree(answer.body()).get("usage");
        return sums.isEmpty()
                ? "0 0"
                : sums.at("/0/requests").asText() + " "
                        + sums.at("/0/prompt_tokens").asText();
    }

    private static String sum(int requests) {
        return requests + " " + TOKENS * requests;
    }

    private void awaitKnown(int gateway) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                        MESH.ask(gateway, key.text(), "GET", "/v2", "").statusCode())
                .isEqualTo(200));
    }

    @Test
    void keyWorksOnEveryGatewayWithinASecondAndIsRefusedByAllAsSoon() throws Exception {
        await().atMost(ONE_SECOND).pollInterval(Duration.ofMillis(50)).untilAsserted(() -> assertThat(
                        MESH.ask(1, key.text(), "GET", "/v2", "").statusCode())
                .isEqualTo(200));

        assertThat(MESH.ask(1, ADMIN, "DELETE", "/api/v1/keys/" + key.id(), "").statusCode())
                .isEqualTo(200);

        assertThat(embed(1, key.text())).isEqualTo(401);
        await().atMost(ONE_SECOND).pollInterval(Duration.ofMillis(50)).untilAsserted(() -> assertThat(
                        MESH.ask(0, key.text(), "GET", "/v2", "").statusCode())
                .isEqualTo(401));
        assertThat(MESH.log("gateway-0") + MESH.log("gateway-1"))
                .contains(key.id())
                .doesNotContain(key.text().substring(key.text().length() - 40))
                .doesNotContain(ADMIN);
    }

    @Test
    void usageIsExactAfterACleanStop() throws Exception {
        embedTimes(0, 17);

        MESH.terminate("gateway-0");

        awaitKnown(1);
        assertThat(usage(1)).isEqualTo(sum(17));
        MESH.restart("gateway-0");
    }

    @Test
    void usageOfTheTimeWithoutADatabaseIsThereWhenItIsBack() throws Exception {
        awaitKnown(1);
        embedTimes(0, 3);
        TestPostgres.stop();
        try {
            embedTimes(0, 10);
            embedTimes(1, 10);
        } finally {
            TestPostgres.start();
        }
        embedTimes(1, 2);

        await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> assertThat(usage(1))
                .isEqualTo(sum(25)));
    }

    @Test
    void killedGatewayLosesNoMoreThanItsLastSecond() throws Exception {
        embedTimes(0, 20);
        awaitKnown(1);
        await().atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(usage(1)).isEqualTo(sum(20)));
        embedTimes(0, 5);

        MESH.kill("gateway-0");

        int requests = Integer.parseInt(usage(1).split(" ")[0]);
        assertThat(requests).isBetween(20, 25);
        assertThat(usage(1)).isEqualTo(sum(requests));
        MESH.restart("gateway-0");
    }
}
