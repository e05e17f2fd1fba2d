package dev.weft.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.gateway.fixtures.Http;
import dev.weft.gateway.fixtures.ScriptedInference;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** OpenAI's conventions; {@link EmbeddingsIT} runs the same against the packaged gateway. */
@QuarkusTest
@QuarkusTestResource(ScriptedInference.class)
class EmbeddingsTest {

    @TestHTTPResource
    private URI uri;

    private Http http;

    @BeforeEach
    void connect() {
        http = new Http(uri);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {"\"one text\" | 1", "[\"one\", \"two\"] | 2", "[101, 102] | 1", "[[101, 102], [101]] | 2"})
    void everyFormOfInputIsTaken(String input, int rows) {
        JsonNode answer = embed("\"input\": " + input).json();

        assertThat(answer.get("object").asText()).isEqualTo("list");
        assertThat(answer.get("data")).hasSize(rows);
        assertThat(answer.at("/data/0/object").asText()).isEqualTo("embedding");
        assertThat(answer.at("/data/0/embedding").toString()).isEqualTo("[1.0,2.0,3.0,4.0]");
        assertThat(answer.get("model").asText()).isEqualTo("embed");
        assertThat(answer.at("/usage/prompt_tokens").asInt()).isEqualTo(5 * rows);
        assertThat(answer.at("/usage/total_tokens").asInt()).isEqualTo(5 * rows);
    }

    @Test
    void base64IsLittleEndianFloats() throws IOException {
        JsonNode answer =
                embed("\"input\": \"x\", \"encoding_format\": \"base64\"").json();

        ByteBuffer vector =
                ByteBuffer.wrap(answer.at("/data/0/embedding").binaryValue()).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(vector.remaining()).isEqualTo(16);
        assertThat(vector.getFloat(4)).isEqualTo(2f);
    }

    @Test
    void fewerDimensionsAreTheFirstOnesAtLengthOne() {
        JsonNode vector = embed("\"input\": \"x\", \"dimensions\": 2").json().at("/data/0/embedding");

        assertThat(vector).hasSize(2);
        assertThat(vector.get(0).asDouble()).isCloseTo(1 / Math.sqrt(5), within(1e-6));
        assertThat(vector.get(1).asDouble()).isCloseTo(2 / Math.sqrt(5), within(1e-6));
    }

    @Test
    void unknownFieldsAreTolerated() {
        assertThat(embed("\"input\": \"x\", \"user\": \"u-1\", \"new_field\": {\"a\": [1]}")
                        .status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"x\": 1 | input: missing",
                "\"input\": [] | input: an empty array",
                "\"input\": 5 | input: a NUMBER",
                "\"input\": \"\" | input: empty text",
                "\"input\": [\"a\", \" \"] | input[1]: empty text",
                "\"input\": [\"a\", 5] | input[1]: a NUMBER",
                "\"input\": [[1], []] | input[1]: no tokens",
                "\"input\": [[1], [-1]] | input[1][0]: -1 (expected: a token id >= 0)",
                "\"input\": [1.5] | input[0]: 1.5",
                "\"input\": \"x\", \"encoding_format\": \"hex\" | encoding_format: 'hex' (expected: one of [float, base64])",
                "\"input\": \"x\", \"dimensions\": 5 | dimensions: 5 (expected: 1 to the model's 4)",
                "\"input\": \"x\", \"dimensions\": 0 | dimensions: 0",
                "\"input\": \"x\", \"dimensions\": \"many\" | dimensions",
            })
    void badRequestIsAnOpenAiError(String fields, String message) {
        Http.Answer answer = embed(fields);

        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.json().at("/error/message").asText()).contains(message);
        assertThat(answer.json().at("/error/type").asText()).isEqualTo("invalid_request_error");
        assertThat(answer.json().get("error").has("param")).isTrue();
        assertThat(answer.json().get("error").has("code")).isTrue();
    }

    @Test
    void tooManyInputsAreRefused() {
        String inputs = "\"x\",".repeat(2_048) + "\"x\"";

        assertThat(embed("\"input\": [" + inputs + "]")
                        .json()
                        .at("/error/message")
                        .asText())
                .isEqualTo("input: 2049 entries (expected: at most 2048)");
    }

    @Test
    void failuresOfTheModelAreOpenAiErrors() {
        Http.Answer unknown = http.post("/v1/embeddings", "{\"model\": \"nope\", \"input\": \"x\"}");
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.json().at("/error/code").asText()).isEqualTo("model_not_found");

        Http.Answer full = http.post("/v1/embeddings", "{\"model\": \"full\", \"input\": \"x\"}");
        assertThat(full.status()).isEqualTo(429);
        assertThat(full.json().at("/error/code").asText()).isEqualTo("rate_limit_exceeded");
        assertThat(full.header("Retry-After")).isEqualTo("2");

        Http.Answer refused = http.post("/v1/embeddings", "{\"model\": \"refusing\", \"input\": [\"x\", \"y\"]}");
        assertThat(refused.json().at("/error/message").asText())
                .as("the client's name of the field")
                .isEqualTo("input[1]: 302 tokens (expected: at most 256)");

        assertThat(http.post("/v1/embeddings", "{\"input\": \"x\"}")
                        .json()
                        .at("/error/message")
                        .asText())
                .startsWith("model: missing");
        assertThat(http.post("/v1/embeddings", "{\"model\"")
                        .json()
                        .at("/error/message")
                        .asText())
                .startsWith("body: malformed JSON");
        assertThat(http.get("/v1/nothing").json().at("/error/message").asText()).isEqualTo("no such path: /v1/nothing");
    }

    @Test
    void modelsAreListed() {
        JsonNode models = http.get("/v1/models").json();

        assertThat(models.get("object").asText()).isEqualTo("list");
        assertThat(models.get("data")).hasSize(1);
        assertThat(models.at("/data/0/id").asText()).isEqualTo("echo");
        assertThat(models.at("/data/0/object").asText()).isEqualTo("model");
        assertThat(models.at("/data/0/created").asLong()).isPositive();
        assertThat(http.get("/v1/models/echo").json().get("id").asText()).isEqualTo("echo");
        assertThat(http.get("/v1/models/nope").status()).isEqualTo(404);
    }

    private Http.Answer embed(String fields) {
        return http.post("/v1/embeddings", "{\"model\": \"embed\", " + fields + "}");
    }
}
