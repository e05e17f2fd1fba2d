package dev.weft.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.gateway.fixtures.Http;
import dev.weft.gateway.fixtures.ScriptedInference;
import dev.weft.gateway.fixtures.ScriptedTasks;
import dev.weft.protocol.inference.InferParameter;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Priority and timings of every path that runs a model; {@link RequestHeadersIT} runs the same against the packaged gateway. */
@QuarkusTest
@QuarkusTestResource(ScriptedInference.class)
class RequestHeadersTest {

    private static final String TENSOR =
            "\"inputs\": [{\"name\": \"TEXT\", \"shape\": [1], \"datatype\": \"BYTES\", \"data\": [\"a\"]}]";

    @TestHTTPResource
    private URI uri;

    private Http http;

    @BeforeEach
    void connect() {
        http = new Http(uri);
        ScriptedTasks.PARAMETERS.clear();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "/v1/embeddings | {\"model\": \"embed\", \"input\": \"a\"}",
                "/v1/rerank | {\"model\": \"rerank\", \"query\": \"a\", \"documents\": [\"b\"]}",
                "/api/v1/classify | {\"model\": \"classify\", \"input\": \"a\"}",
                "/api/v1/classify | {\"model\": \"entities\", \"input\": \"a\"}",
                "/v2/models/classify/infer | {" + TENSOR + "}",
                "/v2/models/classify/versions/1/infer | {" + TENSOR + "}",
            })
    void everyAnswerOfAModelTellsItsTimesAndHeedsThePriority(String path, String body) {
        Http.Answer answer = http.post(path, body, "X-Priority", "batch");

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.header("Server-Timing")).isEqualTo("queue;dur=0.1, tokenize;dur=0.25, compute;dur=1.3");
        assertThat(priority()).isEqualTo("batch");
    }

    @Test
    void answerOfAModelThatTellsNoTimesHasNoHeader() {
        Http.Answer answer = http.post("/v2/models/echo/infer", "{" + TENSOR + "}");

        assertThat(answer.response().headers().firstValue("Server-Timing")).isEmpty();
    }

    @Test
    void requestWithoutPriorityLeavesItToTheModel() {
        http.post("/v1/embeddings", "{\"model\": \"embed\", \"input\": \"a\"}");

        assertThat(ScriptedTasks.PARAMETERS.element()).doesNotContainKey("priority");
    }

    @Test
    void headerOverrulesTheBody() {
        http.post(
                "/v2/models/echo/infer",
                "{\"parameters\": {\"priority\": \"interactive\"}, " + TENSOR + "}",
                "X-Priority",
                "batch");

        assertThat(priority()).isEqualTo("batch");
    }

    @Test
    void bodyTellsThePriorityWhenTheHeaderDoesNot() {
        http.post("/v2/models/echo/infer", "{\"parameters\": {\"priority\": \"batch\"}, " + TENSOR + "}");

        assertThat(priority()).isEqualTo("batch");
    }

    @ParameterizedTest
    @ValueSource(strings = {"high", "BATCH", "batch, interactive"})
    void unknownPriorityIsRefused(String priority) {
        Http.Answer answer =
                http.post("/v1/embeddings", "{\"model\": \"embed\", \"input\": \"a\"}", "X-Priority", priority);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().at("/error/message").asText())
                .isEqualTo("X-Priority: '" + priority + "' (expected: one of [interactive, batch])");
        assertThat(ScriptedTasks.PARAMETERS).isEmpty();
    }

    private static String priority() {
        Map<String, InferParameter> parameters = ScriptedTasks.PARAMETERS.remove();
        return parameters
                .getOrDefault("priority", InferParameter.getDefaultInstance())
                .getStringParam();
    }
}
