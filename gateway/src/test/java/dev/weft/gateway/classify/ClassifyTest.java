package dev.weft.gateway.classify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.gateway.fixtures.Http;
import dev.weft.gateway.fixtures.ScriptedInference;
import dev.weft.gateway.fixtures.ScriptedTasks;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Weft's own classification; {@link ClassifyIT} runs the same against the packaged gateway. */
@QuarkusTest
@QuarkusTestResource(ScriptedInference.class)
class ClassifyTest {

    private static final String PATH = "/api/v1/classify";
    private static final String STOLEN = "\"input\": \"somebody stole my card\"";

    @TestHTTPResource
    private URI uri;

    private Http http;

    @BeforeEach
    void connect() {
        http = new Http(uri);
        ScriptedInference.CANCELLED.clear();
        ScriptedInference.REMAINING_MILLIS.clear();
        ScriptedTasks.PARAMETERS.clear();
        ScriptedTasks.DESCRIBED.clear();
    }

    @Test
    void textsAreLabelledBestFirst() {
        Http.Answer answer = classify("classify", "\"input\": [\"I paid in a shop\", \"somebody stole my card\"]");

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.json().toString())
                .isEqualTo("{\"model\":\"classify\",\"results\":["
                        + "{\"index\":0,\"label\":\"card_payment\",\"score\":0.75,\"scores\":["
                        + "{\"label\":\"card_payment\",\"score\":0.75},{\"label\":\"card_lost\",\"score\":0.125},"
                        + "{\"label\":\"greeting\",\"score\":0.125}]},"
                        + "{\"index\":1,\"label\":\"card_lost\",\"score\":0.75,\"scores\":["
                        + "{\"label\":\"card_lost\",\"score\":0.75},{\"label\":\"card_payment\",\"score\":0.125},"
                        + "{\"label\":\"greeting\",\"score\":0.125}]}],\"usage\":{\"tokens\":9}}");
    }

    @Test
    void topKKeepsTheBest() {
        JsonNode one = classify("classify", STOLEN, "\"top_k\": 1").json().at("/results/0");
        JsonNode many = classify("classify", STOLEN, "\"top_k\": 77").json().at("/results/0");

        assertThat(one.get("scores").toString()).isEqualTo("[{\"label\":\"card_lost\",\"score\":0.75}]");
        assertThat(many.get("scores")).hasSize(3);
    }

    @Test
    void entitiesOfATokenModelAreTold() {
        JsonNode answer = classify("entities", "\"input\": [\"😀 from Bern\", \"nowhere\"]", "\"top_k\": 1")
                .json();

        assertThat(answer.toString())
                .isEqualTo("{\"model\":\"entities\",\"results\":["
                        + "{\"index\":0,\"entities\":[{\"entity_group\":\"LOC\",\"score\":0.5,\"word\":\"Bern\",\"start\":7,\"end\":11}]},"
                        + "{\"index\":1,\"entities\":[]}],\"usage\":{\"tokens\":4}}");
    }

    @Test
    void modelIsDescribedOnceAndThenAskedAtOnce() {
        classify("classify-twice", STOLEN);
        classify("classify-twice", STOLEN);

        assertThat(ScriptedTasks.DESCRIBED).containsExactly("classify-twice");
        assertThat(ScriptedTasks.PARAMETERS).hasSize(2);
    }

    @Test
    void labelsOfAModelThatWasReplacedAreNeverTold() {
        JsonNode result = classify("retrained", STOLEN).json().at("/results/0");

        assertThat(result.get("label").asText()).isEqualTo("card_lost");
        assertThat(ScriptedTasks.DESCRIBED).containsExactly("retrained", "retrained");
    }

    @Test
    void labelsMayHaveCommasWhenTheModelTellsThemAsJson() {
        assertThat(classify("classify-commas", STOLEN)
                        .json()
                        .at("/results/0/label")
                        .asText())
                .isEqualTo("card, lost");
    }

    @Test
    void labelsThatCannotBeToldApartAreAnError() {
        Http.Answer answer = classify("classify-ambiguous", STOLEN);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().get("detail").asText())
                .contains("its metadata names 4 labels, its answer has 3 scores", "comma");
    }

    @Test
    void truncationReachesTheModel() {
        classify("classify", STOLEN, "\"truncate\": true");

        assertThat(ScriptedTasks.PARAMETERS.remove())
                .hasEntrySatisfying("truncate", truncate -> assertThat(truncate.getBoolParam())
                        .isTrue());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"x\": 1 | input: missing (expected: a string, or an array of strings, at least one)",
                "\"input\": [] | input: an empty array",
                "\"input\": 5 | input: a number (expected: a string, or an array of strings",
                "\"input\": {\"text\": \"a\"} | input: an object",
                "\"input\": \"\" | input: empty text",
                "\"input\": [\"a\", {\"text\": \"a\"}] | input[1]: an object (expected: a string)",
                "\"input\": \"a\", \"top_k\": 0 | top_k: 0 (expected: an integer from 1)",
                "\"input\": \"a\", \"top_k\": true | top_k: a boolean (expected: an integer from 1)",
                "\"input\": \"a\", \"truncate\": \"true\" | truncate: a string (expected: true or false)",
            })
    void badRequestIsAProblem(String fields, String message) {
        Http.Answer answer = classify("classify", fields);

        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
        assertThat(answer.json().get("status").asInt()).isEqualTo(400);
        assertThat(answer.json().get("title").asText()).isEqualTo("InvalidArgument");
        assertThat(answer.json().get("detail").asText()).startsWith(message);
    }

    @Test
    void tooManyTextsAreRefused() {
        String texts = "\"x\",".repeat(1_000) + "\"x\"";

        assertThat(classify("classify", "\"input\": [" + texts + "]")
                        .json()
                        .get("detail")
                        .asText())
                .isEqualTo("input: 1001 entries (expected: at most 1000)");
    }

    @ParameterizedTest
    @CsvSource({"rerank, reranking", "embed, test"})
    void modelOfAnotherTaskIsRefusedWithItsTask(String model, String task) {
        Http.Answer answer = classify(model, STOLEN);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().get("detail").asText())
                .isEqualTo("model: '" + model + "' is a model of the task " + task
                        + " (expected: a model of the task text-classification or token-classification)");
    }

    @Test
    void failuresOfTheModelAreProblems() {
        assertThat(classify("nope", STOLEN).status()).isEqualTo(404);
        assertThat(http.post(PATH, "{" + STOLEN + "}").json().get("detail").asText())
                .startsWith("model: missing");

        Http.Answer full = classify("classify-full", STOLEN);
        assertThat(full.status()).isEqualTo(429);
        assertThat(full.json().get("detail").asText()).isEqualTo("queue is full");
        assertThat(full.header("Retry-After")).isEqualTo("2");

        assertThat(classify("classify-refusing", STOLEN).json().get("detail").asText())
                .as("the client's name of the field")
                .isEqualTo("input[1]: 302 tokens (expected: at most 256)");
        assertThat(classify("entities-broken", STOLEN).status()).isEqualTo(500);
    }

    @Test
    void timeoutOfTheClientBoundsTheWork() {
        Http.Answer answer = http.post(PATH, body("classify-slow", STOLEN), "X-Request-Timeout-Ms", "300");

        assertThat(answer.status()).isEqualTo(504);
        assertThat(answer.json().get("detail").asText()).contains("deadline");
        await().untilAsserted(() -> assertThat(ScriptedInference.CANCELLED).isNotEmpty());
    }

    @Test
    void clientThatGoesAwayCancelsTheWork() {
        CompletableFuture<HttpResponse<Void>> request = http.client()
                .sendAsync(
                        http.request(PATH)
                                .POST(HttpRequest.BodyPublishers.ofString(body("entities-slow", STOLEN)))
                                .build(),
                        HttpResponse.BodyHandlers.discarding());
        await().untilAsserted(
                        () -> assertThat(ScriptedInference.REMAINING_MILLIS).isNotEmpty());

        request.cancel(true);

        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(ScriptedInference.CANCELLED).isNotEmpty());
    }

    @Test
    void requestsAreCountedAndDescribed() {
        classify("classify", STOLEN);

        assertThat(http.get("/q/metrics").text())
                .contains(
                        "weft_gateway_requests_total{model=\"classify\",operation=\"classify\",outcome=\"OK\",protocol=\"weft\"}");
        assertThat(http.get("/q/openapi?format=json")
                        .json()
                        .at("/paths/~1api~1v1~1classify/post")
                        .toString())
                .contains("banking-intents", "entity_group");
    }

    private Http.Answer classify(String model, String... fields) {
        return http.post(PATH, body(model, fields));
    }

    private static String body(String model, String... fields) {
        return "{\"model\": \"" + model + "\", " + String.join(", ", fields) + "}";
    }
}
