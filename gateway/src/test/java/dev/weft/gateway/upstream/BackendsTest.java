package dev.weft.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.gateway.fixtures.Http;
import dev.weft.gateway.fixtures.ScriptedInference;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Which version answers, what answers instead when it cannot, and what is mirrored; {@link BackendsIT} runs the same against the packaged
 * gateway.
 */
@QuarkusTest
@QuarkusTestResource(ScriptedInference.class)
class BackendsTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final String ROW =
            "{\"inputs\": [{\"name\": \"TEXT\", \"shape\": [1], \"datatype\": \"BYTES\", \"data\": [\"rent\"]}]}";

    @TestHTTPResource
    private URI uri;

    private Http http;

    @BeforeEach
    void connect() {
        http = new Http(uri);
    }

    @AfterEach
    void clean() {
        for (String model : new String[] {"echo", "broken", "full", "slow"}) {
            http.send(http.request("/api/v1/models/" + model)
                    .method("PATCH", HttpRequest.BodyPublishers.ofString("{\"serving\": {\"fallbacks\": []}}")));
        }
    }

    @Test
    void aliasSaysWhichVersionAnswers() {
        register("echo", 1);
        register("echo", 2);
        put("echo", "stable", "{\"version\": 1}");

        await().atMost(LIMIT).untilAsserted(() -> {
            Http.Answer answer = infer("echo");
            assertThat(answer.header("X-Weft-Backend")).isEqualTo("echo:1");
            assertThat(answer.json().get("model_version").asText()).isEqualTo("1");
        });
        assertThat(infer("echo@latest").json().get("model_version").asText()).isEqualTo("2");
        assertThat(infer("echo@2").header("X-Weft-Backend")).isEqualTo("echo:2");
        assertThat(http.post("/v2/models/echo/versions/stable/infer", ROW).header("X-Weft-Backend"))
                .isEqualTo("echo:1");
        assertThat(infer("echo@nope").status()).isEqualTo(404);
    }

    @Test
    void splitIsSticky() {
        register("echo", 1);
        register("echo", 2);
        put("echo", "stable", "{\"splits\": [{\"version\": 1, \"percent\": 50}, {\"version\": 2, \"percent\": 50}]}");
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(backend("echo", "customer-1")).isEqualTo(backend("echo", "customer-1"));
            String backends = IntStream.range(0, 30)
                    .mapToObj(key -> backend("echo", "customer-" + key))
                    .collect(Collectors.joining(" "));
            assertThat(backends).contains("echo:1", "echo:2");
        });

        for (int i = 0; i < 20; i++) {
            assertThat(backend("echo", "customer-" + i)).isEqualTo(backend("echo", "customer-" + i));
        }
    }

    @Test
    void modelThatFailsIsReplacedByItsFallback() {
        serving("broken", "{\"fallbacks\": [\"nope@stable\", \"embed\"]}");

        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(infer("broken").status()).isEqualTo(200));
        Http.Answer answer = infer("broken");

        assertThat(answer.json().get("model_name").asText()).isEqualTo("embed");
        assertThat(answer.header("X-Weft-Backend")).isEqualTo("embed");
        assertThat(answer.header("X-Weft-Tried")).startsWith("broken (").contains("nope");
    }

    @Test
    void fullModelIsReplacedByItsFallback() {
        serving("full", "{\"fallbacks\": [\"embed\"]}");

        await().atMost(LIMIT).untilAsserted(() -> assertThat(infer("full").header("X-Weft-Backend"))
                .isEqualTo("embed"));
        assertThat(infer("full").header("X-Weft-Tried")).isNotEmpty();
    }

    @Test
    void conversationIsAnsweredByTheFallbackOfAModelThatFails() {
        serving("full", "{\"fallbacks\": [\"talk\"]}");

        await().atMost(LIMIT).untilAsserted(() -> assertThat(chat("full", false).header("X-Weft-Backend"))
                .isEqualTo("talk"));
        Http.Answer whole = chat("full", false);
        assertThat(whole.status()).as(whole.text()).isEqualTo(200);
        assertThat(whole.text()).contains("Hello wörld");
        assertThat(whole.header("X-Weft-Tried")).contains("full");
        Http.Answer streamed = chat("full", true);
        assertThat(streamed.status()).isEqualTo(200);
        assertThat(streamed.text()).contains("wörld").contains("[DONE]");
        assertThat(streamed.header("X-Weft-Backend")).isEqualTo("talk");
    }

    private Http.Answer chat(String model, boolean stream) {
        return http.post("/v1/chat/completions", """
                {"model": "%s", "messages": [{"role": "user", "content": "hi"}], "stream": %s}
                """.formatted(model, stream));
    }

    @Test
    void modelThatTakesTooLongIsReplacedByItsFallback() {
        serving("slow", "{\"fallbacks\": [\"embed\"], \"attempt_timeout_ms\": 200}");

        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(http.post("/v2/models/slow/infer", ROW, "X-Request-Timeout-Ms", "3000")
                                .header("X-Weft-Tried"))
                        .contains("slow (DeadlineExceeded"));
    }

    @Test
    void modelThatFailsAgainAndAgainIsNotAskedAnyMore() {
        serving("broken", "{\"fallbacks\": [\"embed\"]}");

        await().atMost(LIMIT).untilAsserted(() -> assertThat(infer("broken").header("X-Weft-Tried"))
                .contains("failed too often"));
        assertThat(infer("broken").status()).isEqualTo(200);
    }

    @Test
    void requestThatIsWrongIsNotTriedElsewhere() {
        serving("refusing", "{\"fallbacks\": [\"embed\"]}");

        await().atMost(LIMIT)
                .untilAsserted(() ->
                        assertThat(http.get("/api/v1/models/refusing").status()).isEqualTo(200));
        Http.Answer answer = infer("refusing");

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.header("X-Weft-Tried")).isEmpty();
    }

    @Test
    void shadowIsComparedAndNeverReturned() {
        serving("echo", "{\"shadow\": {\"model\": \"embed\", \"percent\": 100}}");

        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(infer("echo").json().get("model_name").asText()).isEqualTo("echo");
            assertThat(http.get("/q/metrics").text())
                    .contains("weft_gateway_shadow_requests_total{result=\"different\",shadow=\"embed\"}");
        });
        serving("echo", "{\"shadow\": {\"model\": \"echo@latest\", \"percent\": 100}}");
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(infer("echo").status()).isEqualTo(200);
            assertThat(http.get("/q/metrics").text())
                    .contains("weft_gateway_shadow_requests_total{result=\"same\",shadow=\"echo@latest\"}");
        });
    }

    private String backend(String model, String stickyKey) {
        return http.post("/v2/models/" + model + "/infer", ROW, "X-Weft-Sticky-Key", stickyKey)
                .header("X-Weft-Backend");
    }

    private Http.Answer infer(String model) {
        return http.post("/v2/models/" + model + "/infer", ROW);
    }

    /** Registers the version, unless another test has. */
    private void register(String model, int number) {
        assertThat(http.post("/api/v1/models/" + model + "/versions", "{\"number\": " + number + "}")
                        .status())
                .isIn(201, 409);
    }

    private void put(String model, String alias, String body) {
        Http.Answer answer = http.send(http.request("/api/v1/models/" + model + "/aliases/" + alias)
                .PUT(HttpRequest.BodyPublishers.ofString(body)));
        assertThat(answer.status()).isEqualTo(200);
    }

    private void serving(String model, String serving) {
        assertThat(http.post("/api/v1/models", "{\"name\": \"" + model + "\"}").status())
                .isIn(201, 409);
        Http.Answer answer = http.send(http.request("/api/v1/models/" + model)
                .method("PATCH", HttpRequest.BodyPublishers.ofString("{\"serving\": " + serving + "}")));
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    }
}
