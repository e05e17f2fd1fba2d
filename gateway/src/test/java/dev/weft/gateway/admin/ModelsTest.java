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
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The catalog over REST; {@link ModelsIT} runs the same against the packaged gateway. */
@QuarkusTest
@QuarkusTestResource(ScriptedInference.class)
class ModelsTest {

    private static final String DIGEST = "0123456789abcdef".repeat(4);

    @TestHTTPResource
    private URI uri;

    private Http http;

    /** Each test has a model of its own. */
    private final String model = "intents-" + UUID.randomUUID();

    @BeforeEach
    void connect() {
        http = new Http(uri);
    }

    @Test
    void registeredVersionMakesTheModelAndIsTold() {
        Http.Answer made = register(
                "{\"task\": \"text-classification\", \"source_uri\": \"pg:intents/1\", \"manifest_sha256\": \"" + DIGEST
                        + "\", \"size_bytes\": 12, \"metrics\": {\"accuracy\": 0.93}, \"labels\": {\"team\": \"cards\"}}");

        assertThat(made.status()).isEqualTo(201);
        assertThat(made.header("Location")).endsWith("/api/v1/models/" + model + "/versions/1");
        JsonNode told = get().json();
        assertThat(told.get("name").asText()).isEqualTo(model);
        assertThat(told.at("/versions/0/metrics/accuracy").asDouble()).isEqualTo(0.93);
        assertThat(told.at("/versions/0/created_by").asText()).isNotEmpty();
        assertThat(told.get("replicas")).isEmpty();
    }

    @Test
    void sameManifestIsRegisteredOnce() {
        String version = "{\"source_uri\": \"pg:intents/1\", \"manifest_sha256\": \"" + DIGEST + "\"}";
        register(version);
        String revision = get().header("ETag");

        Http.Answer again = register(version);

        assertThat(again.status()).isEqualTo(200);
        assertThat(again.json().get("number").asLong()).isEqualTo(1);
        assertThat(get().header("ETag")).isEqualTo(revision);
    }

    @Test
    void takenNumberIsRefused() {
        register("{\"number\": 5}");

        Http.Answer refused = register("{\"number\": 5}");

        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.json().get("detail").asText()).contains("number: 5 is taken", "from 6");
    }

    @Test
    void sourceThatIsNotAllowedIsRefused() {
        Http.Answer refused =
                register("{\"source_uri\": \"https://models.example/x\", \"manifest_sha256\": \"" + DIGEST + "\"}");

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().get("detail").asText()).contains("source_uri", "[file:, pg:]");
        assertThat(get().status()).isEqualTo(404);
    }

    @Test
    void unknownFieldIsNamed() {
        Http.Answer refused = register("{\"sorce_uri\": \"pg:x\"}");

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().get("detail").asText()).startsWith("sorce_uri: unknown (expected: one of [alias,");
    }

    @Test
    void changeOfAnotherRevisionIsRefused() {
        register("{}");
        String old = get().header("ETag");
        register("{}");

        Http.Answer refused = put("/aliases/stable", "{\"version\": 1}", "If-Match", old);
        Http.Answer made = put("/aliases/stable", "{\"version\": 1}", "If-Match", get().header("ETag"));

        assertThat(refused.status()).isEqualTo(412);
        assertThat(made.status()).isEqualTo(200);
        assertThat(made.json().at("/aliases/stable/0/version").asLong()).isEqualTo(1);
    }

    @Test
    void aliasOfAnArchivedOrUnknownVersionIsRefused() {
        register("{}");
        http.post(path("/versions/1/archive"), "");

        assertThat(put("/aliases/stable", "{\"version\": 1}").status()).isEqualTo(400);
        assertThat(put("/aliases/stable", "{\"version\": 2}").status()).isEqualTo(404);
        assertThat(put("/aliases/latest", "{\"version\": 1}")
                        .json()
                        .get("detail")
                        .asText())
                .contains("moves by itself");
        assertThat(put("/aliases/stable", "{}").json().get("detail").asText()).contains("one of version and splits");
    }

    @Test
    void versionThatAnAliasPointsToIsNotArchived() {
        register("{\"alias\": \"stable\"}");

        Http.Answer refused = http.post(path("/versions/1/archive"), "");

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().get("detail").asText()).contains("alias 'stable' points to it");
    }

    @Test
    void archivedModelIsServedNoMoreUntilItIsRestored() {
        register("{}");
        awaitBackend("echo");

        http.post(path("/archive"), "");
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(infer(model).status()).isEqualTo(404));
        assertThat(infer(model).text()).contains("is archived");
        http.post(path("/restore"), "");

        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(infer(model).text()).doesNotContain("archived"));
    }

    @Test
    void changesAreAudited() {
        register("{}");
        put("/aliases/stable", "{\"version\": 1}", "X-Request-Id", "audited-1");

        JsonNode entries = http.get("/api/v1/audit?object_type=model&object_name=" + model)
                .json()
                .get("entries");

        assertThat(entries).hasSize(2);
        assertThat(entries.at("/0/action").asText()).isEqualTo("set_alias");
        assertThat(entries.at("/0/request_id").asText()).isEqualTo("audited-1");
        assertThat(entries.at("/0/before/aliases").size()).isZero();
        assertThat(entries.at("/0/after/aliases/stable/0/percent").asInt()).isEqualTo(100);
        assertThat(entries.at("/1/action").asText()).isEqualTo("register_version");
        assertThat(entries.at("/1/before").isMissingNode()).isTrue();
    }

    @Test
    void refusedChangeIsNotAudited() {
        register("{\"number\": 0, \"alias\": \"Stable!\"}");

        assertThat(http.get("/api/v1/audit?object_name=" + model).json().get("entries"))
                .isEmpty();
    }

    @Test
    void listTellsWhatIsInNoCatalogToo() {
        register("{}");
        await().untilAsserted(() -> assertThat(http.get("/api/v1/models?limit=1000")
                        .json()
                        .get("not_in_catalog")
                        .toString())
                .contains("\"name\":\"bad\"", "no graph"));

        assertThat(http.get("/api/v1/models?limit=1000").json().get("models").toString())
                .contains("\"name\":\"" + model + "\"");
        assertThat(http.get("/api/v1/models?limit=0").status()).isEqualTo(400);
    }

    private void awaitBackend(String knownToReplica) {
        assertThat(infer(knownToReplica).status()).isEqualTo(200);
    }

    private Http.Answer infer(String name) {
        return http.post(
                "/v2/models/" + name + "/infer",
                "{\"inputs\": [{\"name\": \"TEXT\", \"shape\": [1], \"datatype\": \"BYTES\", \"data\": [\"rent\"]}]}");
    }

    private String path(String rest) {
        return "/api/v1/models/" + model + rest;
    }

    private Http.Answer get() {
        return http.get(path(""));
    }

    private Http.Answer register(String version) {
        return http.post(path("/versions"), version);
    }

    private Http.Answer put(String rest, String body, String... headers) {
        return http.send(http.request(path(rest), headers).PUT(HttpRequest.BodyPublishers.ofString(body)));
    }
}
