package dev.weft.gateway.rerank;

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

/** Cohere's and Jina's convention; {@link RerankIT} runs the same against the packaged gateway. */
@QuarkusTest
@QuarkusTestResource(ScriptedInference.class)
class RerankTest {

    private static final String QUESTION = "\"query\": \"block my card\"";
    private static final String DOCUMENTS =
            "\"documents\": [\"rent is due\", \"how to block my card\", {\"text\": \"my account\", \"title\": \"x\"}]";

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
    void documentsComeBestFirst() {
        Http.Answer answer = http.post("/v1/rerank", body("rerank", QUESTION, DOCUMENTS), "X-Request-Id", "try-7");

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).startsWith("application/json");
        JsonNode json = answer.json();
        assertThat(json.get("id").asText()).isEqualTo("rerank-try-7");
        assertThat(json.get("model").asText()).isEqualTo("rerank");
        assertThat(json.get("object").asText()).isEqualTo("list");
        assertThat(json.get("results").toString())
                .isEqualTo("[{\"index\":1,\"relevance_score\":1.0},{\"index\":2,\"relevance_score\":0.33333334},"
                        + "{\"index\":0,\"relevance_score\":0.0}]");
        assertThat(json.get("usage").toString()).isEqualTo("{\"prompt_tokens\":10,\"total_tokens\":10}");
    }

    @Test
    void documentsAsGoodAsEachOtherKeepTheirOrder() {
        JsonNode results = rerank(QUESTION, "\"documents\": [\"a\", \"my card\", \"b\", \"my card\"]")
                .json()
                .get("results");

        assertThat(results.findValuesAsText("index")).containsExactly("1", "3", "0", "2");
    }

    @Test
    void topNKeepsTheBest() {
        assertThat(rerank(QUESTION, DOCUMENTS, "\"top_n\": 1")
                        .json()
                        .get("results")
                        .findValuesAsText("index"))
                .containsExactly("1");
    }

    @Test
    void topNOverTheDocumentsIsAllOfThemAsClientsWithAFixedOneExpect() {
        assertThat(rerank(QUESTION, DOCUMENTS, "\"top_n\": 50").json().get("results"))
                .hasSize(3);
    }

    @Test
    void documentsAreRepeatedOnRequest() {
        JsonNode results =
                rerank(QUESTION, DOCUMENTS, "\"return_documents\": true").json().get("results");

        assertThat(results.at("/0/document").toString()).isEqualTo("{\"text\":\"how to block my card\"}");
        assertThat(results.at("/1/document/text").asText()).isEqualTo("my account");
    }

    @Test
    void unknownFieldsAndNullsAreTolerated() {
        assertThat(rerank(
                                QUESTION,
                                DOCUMENTS,
                                "\"top_n\": null",
                                "\"max_tokens_per_doc\": 4096",
                                "\"rank_fields\": [\"x\"]")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void truncationReachesTheModel() {
        rerank(QUESTION, DOCUMENTS, "\"truncate\": true");

        assertThat(ScriptedTasks.PARAMETERS.remove())
                .hasEntrySatisfying("truncate", truncate -> assertThat(truncate.getBoolParam())
                        .isTrue());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"x\": 1 | query: missing (expected: a string)",
                "\"query\": 5 | query: a number (expected: a string)",
                "\"query\": \" \" | query: empty text",
                "\"query\": \"q\" | documents: missing (expected: an array of strings, or of objects with a field text, at least one)",
                "\"query\": \"q\", \"documents\": [] | documents: an empty array (expected",
                "\"query\": \"q\", \"documents\": \"one\" | documents: a string (expected: an array",
                "\"query\": \"q\", \"documents\": [\"a\", 5] | documents[1]: a number (expected: a string)",
                "\"query\": \"q\", \"documents\": [\"a\", null] | documents[1]: null (expected: a string)",
                "\"query\": \"q\", \"documents\": [\"a\", \"\"] | documents[1]: empty text",
                "\"query\": \"q\", \"documents\": [{\"title\": \"a\"}] | documents[0].text: missing (expected: a string)",
                "\"query\": \"q\", \"documents\": [{\"text\": [1]}] | documents[0].text: an array (expected: a string)",
                "\"query\": \"q\", \"documents\": [\"a\"], \"top_n\": 0 | top_n: 0 (expected: an integer from 1)",
                "\"query\": \"q\", \"documents\": [\"a\"], \"top_n\": 1.5 | top_n: 1.5 (expected: an integer from 1)",
                "\"query\": \"q\", \"documents\": [\"a\"], \"top_n\": 99999999999 | top_n: 99999999999 (expected",
                "\"query\": \"q\", \"documents\": [\"a\"], \"top_n\": \"3\" | top_n: a string (expected: an integer from 1)",
                "\"query\": \"q\", \"documents\": [\"a\"], \"return_documents\": \"yes\" | return_documents: a string (expected: true or false)",
                "\"query\": \"q\", \"documents\": [\"a\"], \"truncate\": 1 | truncate: a number (expected: true or false)",
            })
    void badRequestIsAnOpenAiError(String fields, String message) {
        Http.Answer answer = rerank(fields);

        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.json().at("/error/message").asText()).contains(message);
        assertThat(answer.json().at("/error/type").asText()).isEqualTo("invalid_request_error");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"query\": \"q\"} | model: missing",
                "{\"model\": \"\"} | model: missing",
                "{\"model\": 5} | model: a number (expected: a string)",
                "[] | body: an empty array (expected: a JSON object)",
                "`` | body: nothing (expected: a JSON object)",
                "{\"model\" | body: malformed JSON",
                "{\"model\": \"rerank\"} {} | body: malformed JSON: Trailing token",
            })
    void bodyThatNamesNoModelIsRefused(String body, String message) {
        Http.Answer answer = http.post("/v1/rerank", body);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().at("/error/message").asText()).startsWith(message);
    }

    @Test
    void tooManyDocumentsAreRefused() {
        String documents = "\"x\",".repeat(1_000) + "\"x\"";

        assertThat(rerank(QUESTION, "\"documents\": [" + documents + "]")
                        .json()
                        .at("/error/message")
                        .asText())
                .isEqualTo("documents: 1001 entries (expected: at most 1000)");
    }

    @Test
    void modelOfAnotherTaskIsRefusedWithItsTask() {
        Http.Answer answer = http.post("/v1/rerank", body("classify", QUESTION, DOCUMENTS));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().at("/error/message").asText())
                .isEqualTo("model: 'classify' is a model of the task text-classification"
                        + " (expected: a model of the task reranking)");
        assertThat(ScriptedTasks.PARAMETERS).as("never asked").isEmpty();
    }

    @Test
    void modelThatWasReplacedByOneOfAnotherTaskIsRefusedWithItsTask() {
        Http.Answer answer = http.post("/v1/rerank", body("repurposed-refusing", QUESTION, DOCUMENTS));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().at("/error/message").asText()).contains("is a model of the task sentence-embedding");
    }

    @Test
    void failuresOfTheModelAreOpenAiErrors() {
        Http.Answer unknown = http.post("/v1/rerank", body("nope", QUESTION, DOCUMENTS));
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.json().at("/error/code").asText()).isEqualTo("model_not_found");

        Http.Answer full = http.post("/v1/rerank", body("rerank-full", QUESTION, DOCUMENTS));
        assertThat(full.status()).isEqualTo(429);
        assertThat(full.json().at("/error/code").asText()).isEqualTo("rate_limit_exceeded");
        assertThat(full.header("Retry-After")).isEqualTo("2");

        Http.Answer refused = http.post("/v1/rerank", body("rerank-refusing", QUESTION, DOCUMENTS));
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().at("/error/message").asText())
                .as("the client's name of the field")
                .isEqualTo("documents[1]: 302 tokens (expected: at most 256)");

        assertThat(http.post("/v1/rerank", body("rerank-broken", QUESTION, DOCUMENTS))
                        .status())
                .isEqualTo(500);
        Http.Answer noNumber = http.post("/v1/rerank", body("rerank-nan", QUESTION, DOCUMENTS));
        assertThat(noNumber.status()).isEqualTo(500);
        assertThat(noNumber.json().at("/error/message").asText())
                .isEqualTo("the model's output 'SCORE' has no number at element 0");
    }

    @Test
    void timeoutOfTheClientBoundsTheWork() {
        Http.Answer answer =
                http.post("/v1/rerank", body("rerank-slow", QUESTION, DOCUMENTS), "X-Request-Timeout-Ms", "300");

        assertThat(answer.status()).isEqualTo(504);
        assertThat(answer.json().at("/error/code").asText()).isEqualTo("timeout");
        await().untilAsserted(() -> assertThat(ScriptedInference.CANCELLED).isNotEmpty());
    }

    @Test
    void clientThatGoesAwayCancelsTheWork() {
        CompletableFuture<HttpResponse<Void>> request = http.client()
                .sendAsync(
                        http.request("/v1/rerank")
                                .POST(HttpRequest.BodyPublishers.ofString(body("rerank-slow", QUESTION, DOCUMENTS)))
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
        rerank(QUESTION, DOCUMENTS);

        assertThat(http.get("/q/metrics").text())
                .contains(
                        "weft_gateway_requests_total{model=\"rerank\",operation=\"rerank\",outcome=\"OK\",protocol=\"openai\"}");
        JsonNode openApi = http.get("/q/openapi?format=json").json();
        assertThat(openApi.at("/paths/~1v1~1rerank/post/requestBody/content").toString())
                .contains("bge-reranker-base");
        assertThat(openApi.at("/components/schemas/RerankRequest/properties").toString())
                .contains("\"top_n\"", "\"return_documents\"", "\"documents\"");
    }

    private Http.Answer rerank(String... fields) {
        return http.post("/v1/rerank", body("rerank", fields));
    }

    private static String body(String model, String... fields) {
        return "{\"model\": \"" + model + "\", " + String.join(", ", fields) + "}";
    }
}
