package dev.weft.gateway.collections;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.TextFormat;
import dev.weft.gateway.fixtures.Http;
import dev.weft.gateway.fixtures.ScriptedEmbedding;
import dev.weft.gateway.fixtures.ScriptedInference;
import dev.weft.protocol.embedding.v1.CreateCollectionRequest;
import dev.weft.protocol.embedding.v1.DeletePointsRequest;
import dev.weft.protocol.embedding.v1.FetchPointsRequest;
import dev.weft.protocol.embedding.v1.Metric;
import dev.weft.protocol.embedding.v1.QueryPointsRequest;
import dev.weft.protocol.embedding.v1.UpsertPointsRequest;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Collections by REST; {@link CollectionsIT} runs the same against the packaged gateway. */
@QuarkusTest
@QuarkusTestResource(ScriptedInference.class)
@QuarkusTestResource(ScriptedEmbedding.class)
class CollectionsTest {

    private static final String PATH = "/api/v1/collections";
    private static final String HELP = PATH + "/help";
    private static final String HELP_JSON = "{\"name\":\"help\",\"model\":\"embed\",\"dimension\":2,\"metric\":\"dot\","
            + "\"store\":\"embedded\",\"created_at\":\"2023-11-14T22:13:20Z\"}";

    @TestHTTPResource
    private URI uri;

    private Http http;

    @BeforeEach
    void connect() {
        http = new Http(uri);
    }

    private void assertAnswer(Http.Answer answer, int status, String text) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.text()).isEqualTo(text);
    }

    @Test
    void collectionIsMade() {
        Http.Answer answer = http.post(
                PATH,
                "{\"name\": \"help\", \"model\": \"embed\", \"metric\": \"dot\", \"dimension\": 2, \"store\": \"embedded\"}",
                "X-Request-Id",
                "make-1");

        assertAnswer(answer, 201, HELP_JSON);
        assertThat(ScriptedCollections.lastRequest())
                .isEqualTo(CreateCollectionRequest.newBuilder()
                        .setName("help")
                        .setModel("embed")
                        .setMetric(Metric.METRIC_DOT)
                        .setDimension(2)
                        .setStore("embedded")
                        .build());
        assertThat(ScriptedCollections.lastRequestId()).isEqualTo("make-1");
    }

    @Test
    void collectionsAreToldCountedAndRemoved() {
        assertAnswer(http.get(PATH), 200, "{\"collections\":[" + HELP_JSON + "]}");
        assertAnswer(http.get(HELP), 200, HELP_JSON);
        assertAnswer(http.get(HELP + "/count"), 200, "{\"count\":3}");
        assertAnswer(http.send(http.request(HELP).DELETE()), 204, "");
    }

    @Test
    void pointsAreKept() throws TextFormat.ParseException {
        Http.Answer answer = http.post(HELP + "/points", """
                {"points": [
                  {"id": "a", "text": "my card", "metadata": {"n": 1.5, "s": "x", "b": true, "l": ["p", "q"]}},
                  {"id": "b", "vector": [1, 0.5], "metadata": null}]}""");

        assertAnswer(answer, 200, "{\"upserted\":2}");
        assertThat(ScriptedCollections.lastRequest()).isEqualTo(TextFormat.parse("""
                        collection: "help"
                        points { id: "a" text: "my card"
                          metadata { key: "n" value { number_value: 1.5 } }
                          metadata { key: "s" value { string_value: "x" } }
                          metadata { key: "b" value { bool_value: true } }
                          metadata { key: "l" value { string_list { values: "p" values: "q" } } } }
                        points { id: "b" vector: 1 vector: 0.5 }""", UpsertPointsRequest.class));
    }

    @Test
    void pointsAreFound() throws TextFormat.ParseException {
        Http.Answer answer = http.post(HELP + "/query", """
                {"text": "card", "top_k": 3, "score_threshold": 0.25, "include": ["vector", "text", "metadata"],
                 "rerank_model": "judge",
                 "filter": {"kind": "card", "votes": {"$gt": 1, "$exists": true},
                            "$or": [{"lang": {"$in": ["en", "de"]}}, {"$not": {"old": {"$ne": false}}}]}}""");

        assertAnswer(
                answer,
                200,
                "{\"matches\":[{\"id\":\"a\",\"score\":0.75,\"rerank_score\":2.5,\"text\":\"my card\","
                        + "\"metadata\":{\"share\":0.5,\"tags\":[\"x\"],\"votes\":12},\"vector\":[1.0,0.5]}]}");
        assertThat(ScriptedCollections.lastRequest()).isEqualTo(TextFormat.parse("""
                        collection: "help" text: "card" top_k: 3 score_threshold: 0.25
                        include_vector: true include_text: true include_metadata: true rerank_model: "judge"
                        filter { all_of {
                          filters { condition { field: "kind" operator: OPERATOR_EQ values { string_value: "card" } } }
                          filters { condition { field: "votes" operator: OPERATOR_GT values { number_value: 1 } } }
                          filters { condition { field: "votes" operator: OPERATOR_EXISTS } }
                          filters { any_of {
                            filters { condition { field: "lang" operator: OPERATOR_IN
                              values { string_value: "en" } values { string_value: "de" } } }
                            filters { not { condition { field: "old" operator: OPERATOR_NE
                              values { bool_value: false } } } } } } } }""", QueryPointsRequest.class));
    }

    @Test
    void queryHasDefaults() throws TextFormat.ParseException {
        http.post(HELP + "/query", "{\"vector\": [1, 2e-3]}");

        assertThat(ScriptedCollections.lastRequest()).isEqualTo(TextFormat.parse("""
                        collection: "help" vector { values: 1 values: 0.002 } top_k: 10
                        include_text: true include_metadata: true""", QueryPointsRequest.class));
    }

    @Test
    void pointsAreFetchedAndRemoved() throws TextFormat.ParseException {
        assertAnswer(
                http.post(HELP + "/fetch", "{\"ids\": [\"b\"], \"include_vector\": true}"),
                200,
                "{\"points\":[{\"id\":\"b\"}]}");
        assertThat(ScriptedCollections.lastRequest())
                .isEqualTo(TextFormat.parse(
                        "collection: \"help\" ids: \"b\" include_vector: true", FetchPointsRequest.class));
        assertAnswer(http.post(HELP + "/delete", "{\"ids\": [\"b\", \"c\"]}"), 200, "{\"deleted\":2}");
        assertAnswer(http.post(HELP + "/delete", "{\"all\": true}"), 200, "{\"deleted\":null}");
        assertThat(ScriptedCollections.lastRequest())
                .isEqualTo(TextFormat.parse("collection: \"help\" all: true", DeletePointsRequest.class));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "-            | {\"model\": \"m\"}                                       | name: missing",
                "-            | {\"name\": 1}                                            | name: number (expected: a string)",
                "-            | {\"name\": \"a\", \"metric\": \"manhattan\"}              | metric: 'manhattan'",
                "-            | {\"name\": \"a\", \"dimension\": 2.5}                      | dimension: number (expected: an integer)",
                "-            | [1]                                                      | body: array",
                "-            | {\"name\": \"a\"} x                                       | body: malformed JSON",
                "/help/points | {}                                                    | points: missing",
                "/help/points | {\"points\": [{\"text\": \"x\"}]}                      | points[0].id: missing",
                "/help/points | {\"points\": [{\"id\": \"a\", \"vector\": [1, \"2\"]}]}  | points[0].vector[1]: string",
                "/help/points | {\"points\": [{\"id\": \"a\", \"metadata\": {\"x\": {}}}]} | points[0].metadata.x: object",
                "/help/query  | {\"top_k\": 3}                                         | vector, text: neither",
                "/help/query  | {\"vector\": [1], \"text\": \"a\"}                      | vector, text: both",
                "/help/query  | {\"text\": \"a\", \"include\": [\"all\"]}               | include: 'all'",
                "/help/query  | {\"text\": \"a\", \"filter\": {}}                       | filter: object",
                "/help/query  | {\"text\": \"a\", \"filter\": {\"a\": {\"$like\": 1}}}   | filter.a.$like: unknown",
                "/help/query  | {\"text\": \"a\", \"filter\": {\"$nor\": []}}           | filter.$nor: unknown",
                "/help/query  | {\"text\": \"a\", \"filter\": {\"$or\": []}}            | filter.$or: array",
                "/help/query  | {\"text\": \"a\", \"filter\": {\"a\": {\"$in\": 1}}}     | filter.a.$in: number",
                "/help/delete | {}                                                    | ids, filter, all: 0 of them",
                "/help/delete | {\"all\": true, \"ids\": []}                            | ids, filter, all: 2 of them",
                "/help/fetch  | {\"ids\": \"a\"}                                        | ids: string"
            })
    void malformedRequestIsRefusedWithWhatWasExpected(String path, String body, String told) {
        String suffix = path.equals("-") ? "" : path;

        Http.Answer answer = http.post(PATH + suffix, body);

        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
        assertThat(answer.json().get("detail").asText()).startsWith(told);
    }

    @Test
    void deepFilterIsRefused() {
        String filter = "{\"$not\": ".repeat(100) + "{\"a\": 1}" + "}".repeat(100);

        assertThat(http.post(HELP + "/query", "{\"text\": \"a\", \"filter\": " + filter + "}")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void whatTheServiceRefusesIsAProblem() {
        assertThat(http.get(PATH + "/nobody").status()).isEqualTo(404);
        assertThat(http.post(PATH + "/full/points", "{\"points\": []}").status())
                .isEqualTo(429);
        assertThat(http.post(PATH + "/full/points", "{\"points\": []}").header("Retry-After"))
                .isEqualTo("7");
    }

    @Test
    void silentServiceIsGivenUpAtTheClientsDeadline() {
        Http.Answer answer = http.get(PATH + "/slow", "X-Request-Timeout-Ms", "300");

        assertThat(answer.status()).isEqualTo(504);
    }
}
