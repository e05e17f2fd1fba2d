package dev.weft.gateway.keys;

import static dev.weft.gateway.fixtures.KeyClient.KEYS;
import static dev.weft.gateway.fixtures.KeyClient.admin;
import static dev.weft.gateway.fixtures.KeyClient.bearer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.gateway.fixtures.Http;
import dev.weft.gateway.fixtures.Http.Answer;
import dev.weft.gateway.fixtures.KeyClient;
import dev.weft.gateway.fixtures.KeyClient.MadeKey;
import dev.weft.gateway.fixtures.KeysProfile;
import dev.weft.gateway.fixtures.ScriptedInference;
import dev.weft.testkit.DatabaseResource;
import dev.weft.testkit.TestPostgres;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys over REST; {@link KeysIT} runs the same against the packaged gateway. */
@QuarkusTest
@TestProfile(KeysProfile.class)
@QuarkusTestResource(ScriptedInference.class)
@QuarkusTestResource(value = DatabaseResource.class, initArgs = @ResourceArg(name = "schema", value = "gateway"))
class KeysTest {

    private static final String EMBED = "{\"model\": \"embed\", \"input\": \"rent\"}";
    private static final String CHAT =
            "{\"model\": \"talk\", \"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}";

    @TestHTTPResource
    private URI uri;

    private Http http;
    private KeyClient keys;

    @BeforeEach
    void connect() {
        http = new Http(uri);
        keys = new KeyClient(http);
    }

    private int embed(String... headers) {
        return http.post("/v1/embeddings", EMBED, headers).status();
    }

    @Test
    void requestWithoutAKeyIsRefusedInTheProtocolsForm() {
        Answer openAi = http.post("/v1/embeddings", EMBED, "X-Request-Id", "no-key");
        Answer v2 = http.get("/v2/models");
        Answer weft = http.get("/api/v1/replicas");

        assertThat(openAi.status()).isEqualTo(401);
        assertThat(openAi.json().at("/error/code").asText()).isEqualTo("invalid_api_key");
        assertThat(openAi.header("WWW-Authenticate")).isEqualTo("Bearer realm=\"weft\"");
        assertThat(openAi.header("X-Request-Id")).isEqualTo("no-key");
        assertThat(v2.status()).isEqualTo(401);
        assertThat(v2.json().get("error").asText()).startsWith("key: missing");
        assertThat(weft.status()).isEqualTo(401);
        assertThat(weft.header("Content-Type")).startsWith("application/problem+json");
    }

    @Test
    void healthIsOpenAndMetricsAreNot() {
        assertThat(http.get("/q/health").status()).isEqualTo(200);
        assertThat(http.get("/v2/health/ready").status()).isEqualTo(200);
        assertThat(http.get("/q/metrics").status()).isEqualTo(401);
        assertThat(http.get("/q/openapi").status()).isEqualTo(401);
        assertThat(http.get("/q/metrics", admin()).text())
                .contains("weft_gateway_refusals_total{outcome=\"UNAUTHENTICATED\"}");
    }

    @Test
    void keyIsShownOnceAndLetsItsClientIn() {
        Answer created = http.post(
                KEYS,
                "{\"name\": \"risk\", \"owner\": \"ana\", \"scopes\": [\"infer\"], \"models\": [\"embed\"],"
                        + " \"limits\": {\"concurrent\": 8}, \"expires_at\": \"2999-01-01T00:00:00Z\"}",
                admin());
        assertThat(created.status()).isEqualTo(201);
        String key = created.json().get("key").asText();
        String id = created.json().get("id").asText();

        assertThat(created.header("Location")).endsWith(KEYS + "/" + id);
        assertThat(created.header("Cache-Control")).isEqualTo("no-store");
        assertThat(embed(bearer(key))).isEqualTo(200);
        assertThat(embed("x-api-key", key)).isEqualTo(200);

        Answer shown = http.get(KEYS + "/" + id, admin());
        assertThat(shown.text()).doesNotContain(key.substring(key.length() - 40));
        assertThat(shown.json().get("name").asText()).isEqualTo("risk");
        assertThat(shown.json().at("/limits/concurrent").asInt()).isEqualTo(8);
        assertThat(shown.json().get("created_by").asText()).isEqualTo("admin-key");
        assertThat(shown.json().get("expires_at").asText()).isEqualTo("2999-01-01T00:00:00Z");
    }

    @Test
    void keyOfOneLetterMoreOrLessIsUnknown() {
        String text = keys.create("infer").text();

        assertThat(embed(bearer(text))).isEqualTo(200);
        assertThat(embed(bearer(text.substring(0, text.length() - 1)))).isEqualTo(401);
        assertThat(embed(bearer(text + "a"))).isEqualTo(401);
        char other = text.endsWith("a") ? 'b' : 'a';
        assertThat(embed(bearer(text.substring(0, text.length() - 1) + other))).isEqualTo(401);
        assertThat(embed("Authorization", "Basic " + text)).isEqualTo(401);
    }

    @Test
    void scopesBoundWhatAKeyMayDo() {
        String embedding = keys.create("embed").text();
        String inferring = keys.create("infer").text();

        assertThat(embed(bearer(embedding))).isEqualTo(200);
        Answer refused = http.post("/v1/chat/completions", CHAT, bearer(embedding));
        assertThat(refused.status()).isEqualTo(403);
        assertThat(refused.json().at("/error/type").asText()).isEqualTo("permission_error");
        assertThat(http.post("/v1/chat/completions", CHAT, bearer(inferring)).status())
                .isEqualTo(200);
        assertThat(http.get(KEYS, bearer(inferring)).status()).isEqualTo(403);
        assertThat(http.post("/v2/repository/models/echo/load", "", bearer(inferring))
                        .status())
                .isEqualTo(403);
        assertThat(http.get("/api/v1/nowhere", bearer(inferring)).status()).isEqualTo(403);
    }

    @Test
    void otherModelsThanThoseOfTheKeyAreRefusedAndNotListed() {
        String[] bearer = bearer(
                keys.create("infer", ", \"models\": [\"emb*\", \"talk\"]").text());

        assertThat(embed(bearer)).isEqualTo(200);
        assertThat(http.post("/v1/chat/completions", CHAT, bearer).status()).isEqualTo(200);
        assertThat(http.post("/v1/chat/completions", CHAT.replace("talk", "stuck"), bearer)
                        .status())
                .isEqualTo(403);
        assertThat(http.get("/v2/models/echo", bearer).status()).isEqualTo(403);
        assertThat(http.get("/v2/models", bearer).text()).doesNotContain("echo");
        assertThat(http.get("/v1/models", bearer).text()).doesNotContain("echo");
        assertThat(http.post("/v2/repository/index", "", bearer).text()).doesNotContain("echo");
    }

    @Test
    void revokedKeyIsRefusedAndStaysInTheList() {
        MadeKey key = keys.create("infer");

        Answer revoked = keys.revoke(key);

        assertThat(revoked.json().get("revoked_at").isTextual()).isTrue();
        assertThat(embed(bearer(key.text()))).isEqualTo(401);
        assertThat(keys.revoke(key).json().get("revoked_at"))
                .isEqualTo(revoked.json().get("revoked_at"));
        assertThat(http.get(KEYS + "/" + key.id(), admin()).status()).isEqualTo(200);
        assertThat(keys.change(key, "{\"models\": []}").status()).isEqualTo(400);
    }

    @Test
    void changesOfKeysAreAuditedWithoutWhatMakesThem() {
        MadeKey key = keys.create("infer");
        keys.change(key, "{\"models\": [\"embed\"]}");
        keys.revoke(key);
        keys.revoke(key);

        Answer audit = http.get("/api/v1/audit?object_type=key&object_name=" + key.id(), admin());

        assertThat(audit.json().at("/entries").findValuesAsText("action"))
                .containsExactly("revoke", "update", "create");
        assertThat(audit.json().at("/entries/1/after/models/0").asText()).isEqualTo("embed");
        assertThat(audit.json().at("/entries").findValuesAsText("actor")).containsOnly("admin-key");
        assertThat(audit.text()).doesNotContain(key.text().substring(key.text().length() - 40));
    }

    @Test
    void keyExpires() {
        String text = keys.create(
                        "infer", ", \"expires_at\": \"" + Instant.now().plusSeconds(3) + "\"")
                .text();

        assertThat(embed(bearer(text))).isEqualTo(200);
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(embed(bearer(text))).isEqualTo(401));
    }

    @Test
    void changeTouchesWhatItNamesAndNullTakesAway() {
        MadeKey key = keys.create(
                "infer",
                ", \"models\": [\"talk\"], \"limits\": {\"concurrent\": 3}, \"expires_at\": \"2999-01-01T00:00:00Z\"");

        JsonNode first = keys.change(key, "{\"models\": [\"embed\"]}").json();
        assertThat(first.at("/limits/concurrent").asInt()).isEqualTo(3);
        assertThat(first.has("expires_at")).isTrue();
        assertThat(embed(bearer(key.text()))).isEqualTo(200);

        JsonNode second = keys.change(key, "{\"models\": null, \"limits\": null, \"expires_at\": null}")
                .json();
        assertThat(second.get("models")).isEmpty();
        assertThat(second.get("limits")).isEmpty();
        assertThat(second.has("expires_at")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"scopes\": [\"infer\"]} | name: missing",
                "{\"name\": \"x\"} | scopes: none",
                "{\"name\": \"x\", \"scopes\": [\"root\"]} | scopes: 'root'",
                "{\"name\": \"x\", \"scopes\": [\"infer\"], \"model\": []} | model: unknown",
                "{\"name\": \"x\", \"scopes\": [\"infer\"], \"limits\": {\"rps\": 1}} | limits.rps: unknown",
                "{\"name\": \"x\", \"scopes\": [\"infer\"], \"limits\": {\"concurrent\": 0}} | limits.concurrent: 0",
                "{\"name\": \"x\", \"scopes\": [\"infer\"], \"expires_at\": \"2020-01-01T00:00:00Z\"} | expires_at: 2020",
                "{\"name\": \"x\", \"scopes\": [\"infer\"], \"expires_at\": \"soon\"} | expires_at: 'soon'",
                "[] | body: no object",
            })
    void keyThatCannotBeIsRefusedWithItsField(String body, String message) {
        Answer answer = http.post(KEYS, body, admin());

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().get("detail").asText()).startsWith(message);
    }

    @Test
    void listComesInPages() {
        keys.create("infer");
        keys.create("infer");

        JsonNode first = http.get(KEYS + "?limit=1", admin()).json();
        JsonNode second = http.get(KEYS + "?limit=1&after=" + first.get("next").asText(), admin())
                .json();

        assertThat(first.get("keys")).hasSize(1);
        assertThat(second.at("/keys/0/id").asText())
                .isGreaterThan(first.at("/keys/0/id").asText());
        assertThat(http.get(KEYS + "?limit=0", admin()).status()).isEqualTo(400);
        assertThat(http.get(KEYS + "/nobody", admin()).status()).isEqualTo(404);
    }

    @Test
    void keysAreKnownAndRevocationIsHeardOfAfterTheDatabaseWasAway() {
        MadeKey key = keys.create("infer");

        TestPostgres.stop();
        int without = embed(bearer(key.text()));
        int revokedWithout = keys.revoke(key).status();
        TestPostgres.start();

        assertThat(without).isEqualTo(200);
        assertThat(revokedWithout).isEqualTo(503);
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(keys.revoke(key).status()).isEqualTo(200));
        assertThat(embed(bearer(key.text()))).isEqualTo(401);
    }

    @Test
    void keyIsNotAnsweredByAFallbackThatItMayNotAsk() {
        String row =
                "{\"inputs\": [{\"name\": \"TEXT\", \"shape\": [1], \"datatype\": \"BYTES\", \"data\": [\"rent\"]}]}";
        assertThat(http.post("/api/v1/models", "{\"name\": \"failing\"}", admin())
                        .status())
                .isIn(201, 409);
        Answer changed = http.send(http.request("/api/v1/models/failing", admin())
                .method("PATCH", HttpRequest.BodyPublishers.ofString("{\"serving\": {\"fallbacks\": [\"embed\"]}}")));
        assertThat(changed.status()).as(changed.text()).isEqualTo(200);
        MadeKey both = keys.create("infer", ", \"models\": [\"failing\", \"embed\"]");
        MadeKey one = keys.create("infer", ", \"models\": [\"failing\"]");

        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(http.post("/v2/models/failing/infer", row, bearer(both.text()))
                                .header("X-Weft-Backend"))
                        .isEqualTo("embed"));
        Answer refused = http.post("/v2/models/failing/infer", row, bearer(one.text()));
        assertThat(refused.status()).isGreaterThanOrEqualTo(500);
        assertThat(refused.header("X-Weft-Backend")).isNotEqualTo("embed");
    }
}
