package dev.weft.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.gateway.fixtures.Http;
import dev.weft.gateway.fixtures.ScriptedInference;
import dev.weft.gateway.fixtures.ScriptedStream;
import dev.weft.protocol.inference.InferParameter;
import dev.weft.protocol.inference.ModelInferRequest;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** OpenAI's chat completions and completions; {@link GenerationIT} runs the same against the packaged gateway. */
@QuarkusTest
@QuarkusTestResource(ScriptedInference.class)
class GenerationTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CHAT = "/v1/chat/completions";
    private static final String TEXT = "/v1/completions";

    @TestHTTPResource
    private URI uri;

    private Http http;

    @BeforeEach
    void connect() {
        http = new Http(uri);
        ScriptedInference.CANCELLED.clear();
        ScriptedInference.STREAMED.clear();
        ScriptedStream.PACE.drainPermits();
        ScriptedStream.FLOODED.set(0);
    }

    @Test
    void chatAnswerHasOpenAisForm() {
        JsonNode answer = chat("talk", "").json();

        assertThat(answer.get("id").asText()).startsWith("chatcmpl-");
        assertThat(answer.get("object").asText()).isEqualTo("chat.completion");
        assertThat(answer.get("created").asLong()).isPositive();
        assertThat(answer.get("model").asText()).isEqualTo("talk");
        assertThat(answer.get("choices").toString())
                .isEqualTo(
                        "[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hello wörld\",\"refusal\":null},"
                                + "\"logprobs\":null,\"finish_reason\":\"stop\"}]");
        assertThat(answer.get("usage").toString())
                .isEqualTo("{\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7}");
    }

    @Test
    void messagesAndParametersReachTheModel() throws Exception {
        chat("talk", """
                , "max_tokens": 5, "max_completion_tokens": 7, "temperature": 0.5, "top_p": 0.9, "top_k": 40, "seed": 11, \
                "frequency_penalty": 1, "presence_penalty": -1, "repetition_penalty": 1.1, "stop": "END", "user": "u-1", \
                "store": false, "new_field": {"a": 1}""");

        ModelInferRequest request = streamed();
        assertThat(request.getInputs(0).getName()).isEqualTo("MESSAGES");
        assertThat(JSON.readTree(request.getRawInputContents(0).substring(4).toStringUtf8()))
                .isEqualTo(JSON.readTree("[{\"role\": \"user\", \"content\": \"Grüezi\"}]"));
        Map<String, InferParameter> parameters = request.getParametersMap();
        assertThat(parameters)
                .containsOnlyKeys(
                        "max_tokens",
                        "temperature",
                        "top_p",
                        "top_k",
                        "seed",
                        "frequency_penalty",
                        "presence_penalty",
                        "repetition_penalty",
                        "stop");
        assertThat(request.getParametersOrThrow("max_tokens").getInt64Param()).isEqualTo(7);
        assertThat(request.getParametersOrThrow("temperature").getDoubleParam()).isEqualTo(0.5);
        assertThat(request.getParametersOrThrow("seed").getInt64Param()).isEqualTo(11);
        assertThat(request.getParametersOrThrow("stop").getStringParam()).isEqualTo("[\"END\"]");
    }

    @Test
    void severalAnswersHaveSeedsOfTheirOwnAndOnePrompt() {
        JsonNode answer = chat("talk", ", \"n\": 3, \"seed\": 5").json();

        assertThat(answer.get("choices")).hasSize(3);
        assertThat(answer.at("/choices/2/index").asInt()).isEqualTo(2);
        assertThat(answer.at("/usage/prompt_tokens").asInt()).as("one prompt").isEqualTo(3);
        assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(12);
        assertThat(ScriptedInference.STREAMED)
                .extracting(request -> request.getParametersOrThrow("seed").getInt64Param())
                .containsExactlyInAnyOrder(5L, 6L, 7L);
    }

    @Test
    void chatStreamHasOpenAisForm() {
        Http.Answer answer = chat("talk", ", \"stream\": true, \"stream_options\": {\"include_usage\": true}");

        assertThat(answer.header("content-type")).startsWith("text/event-stream");
        List<String> data = data(answer.text());
        assertThat(data).hasSize(6).endsWith("[DONE]");
        List<JsonNode> chunks =
                data.subList(0, 5).stream().map(GenerationTest::parse).toList();
        assertThat(chunks).allSatisfy(chunk -> {
            assertThat(chunk.get("object").asText()).isEqualTo("chat.completion.chunk");
            assertThat(chunk.get("id")).isEqualTo(chunks.getFirst().get("id"));
            assertThat(chunk.has("usage")).isTrue();
        });
        assertThat(chunks.get(0).get("choices").toString())
                .isEqualTo("[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Hel\"},\"logprobs\":null,"
                        + "\"finish_reason\":null}]");
        assertThat(chunks.get(1).at("/choices/0/delta").toString()).isEqualTo("{\"content\":\"lo \"}");
        assertThat(chunks.get(2).at("/choices/0/delta").toString()).isEqualTo("{\"content\":\"wörld\"}");
        assertThat(chunks.get(3).at("/choices/0").toString())
                .isEqualTo("{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}");
        assertThat(chunks.get(3).get("usage").isNull()).isTrue();
        assertThat(chunks.get(4).get("choices")).isEmpty();
        assertThat(chunks.get(4).at("/usage/total_tokens").asInt()).isEqualTo(7);
    }

    @Test
    void completionAnswersAndStreamsInItsOwnForm() {
        JsonNode answer = text("\"prompt\": \"Dear\"").json();
        List<String> data = data(text("\"prompt\": \"Dear\", \"stream\": true").text());

        assertThat(answer.get("id").asText()).startsWith("cmpl-");
        assertThat(answer.get("object").asText()).isEqualTo("text_completion");
        assertThat(answer.get("choices").toString())
                .isEqualTo("[{\"index\":0,\"text\":\"Hello wörld\",\"logprobs\":null,\"finish_reason\":\"stop\"}]");
        assertThat(streamed().getParametersOrThrow("max_tokens").getInt64Param())
                .as("OpenAI's default")
                .isEqualTo(16);
        assertThat(data).hasSize(5).endsWith("[DONE]");
        assertThat(data.subList(0, 4).stream()
                        .map(chunk -> parse(chunk).at("/choices/0/text").asText())
                        .collect(Collectors.joining()))
                .isEqualTo("Hello wörld");
        assertThat(parse(data.getFirst()).has("usage")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"a\" | TEXT | 1",
                "[\"a\", \"b\"] | TEXT | 2",
                "[1, 2] | TOKEN_IDS | 1",
                "[[1, 2], [3]] | TOKEN_IDS | 2"
            })
    void everyFormOfPromptIsTaken(String prompt, String input, int answers) {
        JsonNode answer = text("\"prompt\": " + prompt).json();

        assertThat(answer.get("choices")).hasSize(answers);
        assertThat(answer.at("/usage/prompt_tokens").asInt()).isEqualTo(3 * answers);
        assertThat(ScriptedInference.STREAMED)
                .extracting(request -> request.getInputs(0).getName())
                .containsOnly(input);
    }

    @Test
    void firstEventIsSentBeforeTheSecondExists() throws Exception {
        ScriptedStream.PACE.release();

        HttpResponse<InputStream> response = openStream("paced");
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(lines.readLine()).contains("\"content\":\"Hel\"");

            ScriptedStream.PACE.release();
            assertThat(lines.lines().toList()).contains("data: [DONE]").anyMatch(line -> line.contains("\"lo\""));
        }
    }

    @Test
    void clientThatGoesAwayCancelsTheWork() throws Exception {
        HttpResponse<InputStream> response = openStream("stuck");
        response.body().read();

        response.body().close();

        await().untilAsserted(() -> assertThat(ScriptedInference.CANCELLED).contains("stream"));
    }

    @Test
    void slowReaderSlowsTheModelDown() throws Exception {
        HttpResponse<InputStream> response = openStream("flood");
        response.body().read();

        await().during(Duration.ofSeconds(1)).untilAsserted(() -> assertThat(ScriptedStream.FLOODED)
                .as("pieces of 32 KiB")
                .hasValueLessThan(1_000));
        int before = ScriptedStream.FLOODED.get();
        response.body().skipNBytes(64 << 20);
        assertThat(ScriptedStream.FLOODED).as("it goes on").hasValueGreaterThan(before);

        response.body().close();
        await().untilAsserted(() -> assertThat(ScriptedInference.CANCELLED).contains("stream"));
        ScriptedStream.FLOODED.set(0);
    }

    @Test
    void deadlineEndsAStreamWithAnErrorEvent() {
        Http.Answer answer = http.post(
                CHAT,
                "{\"model\": \"stuck\", \"stream\": true, \"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}",
                "X-Request-Timeout-Ms",
                "600");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).contains("\"content\":\"Hel\"").contains("event: error\n");
        assertThat(parse(data(answer.text()).getLast()).at("/error/code").asText())
                .isEqualTo("timeout");
        await().untilAsserted(() -> assertThat(ScriptedInference.CANCELLED).contains("stream"));
    }

    @Test
    void failureAfterTheFirstByteIsAnErrorEvent() {
        Http.Answer answer = chat("breaks", ", \"stream\": true");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).contains("event: error\n").doesNotContain("[DONE]");
        assertThat(parse(data(answer.text()).getLast()).at("/error/message").asText())
                .isEqualTo("model 'breaks' is being unloaded");
    }

    @Test
    void failureBeforeTheFirstByteIsAStatus() {
        for (String stream : List.of("", ", \"stream\": true")) {
            assertThat(chat("nope", stream).status()).isEqualTo(404);
            assertThat(chat("nope", stream).json().at("/error/code").asText()).isEqualTo("model_not_found");
            Http.Answer full = chat("full", stream);
            assertThat(full.status()).isEqualTo(429);
            assertThat(full.header("Retry-After-Ms")).isEqualTo("1500");
            Http.Answer refused = chat("refusing", stream);
            assertThat(refused.status()).isEqualTo(400);
            assertThat(refused.json().at("/error/message").asText())
                    .as("the client's name of the field")
                    .isEqualTo("temperature: 9.0 (expected: 0 to 2)");
        }
        assertThat(chat("breaks", "").status()).as("nothing was sent yet").isEqualTo(503);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"tools\": \"all\" | tools: a STRING (expected: an array)",
                "\"functions\": [{}] | functions: not supported (expected: absent)",
                "\"logprobs\": true | logprobs: not supported",
                "\"logit_bias\": {\"5\": 1} | logit_bias: not supported",
                "\"n\": 9 | n: 9 (expected: 1 to 8)",
                "\"n\": 0 | n: 0 (expected: 1 to 8)",
                "\"stop\": 5 | stop: a NUMBER (expected: a string or strings)",
                "\"temperature\": \"hot\" | temperature: ",
            })
    void whatCannotBeServedIsRefusedByName(String field, String message) {
        Http.Answer answer = chat("talk", ", " + field);

        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.json().at("/error/message").asText()).startsWith(message);
        assertThat(answer.json().at("/error/type").asText()).isEqualTo("invalid_request_error");
        assertThat(ScriptedInference.STREAMED).isEmpty();
    }

    @Test
    void whatTheModelWantsCalledIsPutTogether() {
        Http.Answer answer = chat("talk", """
                , "tools": [{"type": "function"}], "tool_choice": "auto", "parallel_tool_calls": true, \
                "response_format": {"type": "json_object"}""");

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.json().at("/choices/0/message").toString())
                .isEqualTo("{\"role\":\"assistant\",\"content\":null,\"refusal\":null,\"tool_calls\":["
                        + "{\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"block\","
                        + "\"arguments\":\"{\\\"card\\\": 5}\"}},{\"id\":\"call_2\"}]}");
        ModelInferRequest asked = ScriptedInference.STREAMED.remove();
        assertThat(asked.getParametersOrThrow("tools").getStringParam()).isEqualTo("[{\"type\":\"function\"}]");
        assertThat(asked.getParametersOrThrow("tool_choice").getStringParam()).isEqualTo("\"auto\"");
        assertThat(asked.getParametersOrThrow("parallel_tool_calls").getStringParam())
                .isEqualTo("true");
        assertThat(asked.getParametersOrThrow("response_format").getStringParam())
                .isEqualTo("{\"type\":\"json_object\"}");
    }

    @Test
    void formatThatIsNoFormatIsTheModelsToRefuse() {
        assertThat(chat("talk", ", \"response_format\": \"json\"").status()).isEqualTo(200);

        assertThat(ScriptedInference.STREAMED
                        .remove()
                        .getParametersOrThrow("response_format")
                        .getStringParam())
                .isEqualTo("\"json\"");
    }

    @Test
    void whatTheModelWantsCalledIsStreamedInParts() {
        String events = chat("talk", ", \"tools\": [{\"type\": \"function\"}], \"stream\": true")
                .text();

        assertThat(events)
                .contains(
                        "\"delta\":{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"index\": 0, \"id\": \"call_1\"")
                .contains("\"delta\":{\"tool_calls\":[{\"index\": 0, \"function\"")
                .contains("[DONE]");
    }

    @Test
    void neutralValuesOfUnsupportedFieldsPass() {
        assertThat(chat("talk", """
                                , "tools": [], "tool_choice": "auto", "response_format": {"type": "text"}, "logprobs": false, \
                                "top_logprobs": 0, "logit_bias": {}, "modalities": ["text"], "audio": null, "stop": null, "n": 1""").status()).isEqualTo(200);
        assertThat(text("\"prompt\": \"x\", \"echo\": false, \"suffix\": null, \"best_of\": 1")
                        .status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"x\": 1 | prompt: missing (expected: a string, strings, token ids or lists of token ids)",
                "\"prompt\": [] | prompt: an empty array",
                "\"prompt\": [\"a\", 5] | prompt[1]: a NUMBER",
                "\"prompt\": [[1], []] | prompt[1]: no tokens",
                "\"prompt\": [-1] | prompt[0]: -1 (expected: a token id >= 0)",
                "\"prompt\": \"a\", \"echo\": true | echo: not supported",
                "\"prompt\": \"a\", \"best_of\": 3 | best_of: 3 (expected: absent, or n",
            })
    void badCompletionIsRefusedByName(String fields, String message) {
        Http.Answer answer = text(fields);

        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.json().at("/error/message").asText()).startsWith(message);
    }

    @Test
    void conversationMustBeThere() {
        assertThat(http.post(CHAT, "{\"model\": \"talk\"}")
                        .json()
                        .at("/error/message")
                        .asText())
                .isEqualTo("messages: missing (expected: an array of messages)");
        assertThat(http.post(CHAT, "{\"messages\": [{}]}")
                        .json()
                        .at("/error/message")
                        .asText())
                .startsWith("model: missing");
        assertThat(http.post(CHAT, "{\"model\"").json().at("/error/message").asText())
                .startsWith("body: malformed JSON");
    }

    private Http.Answer chat(String model, String fields) {
        return http.post(CHAT, chatBody(model, fields));
    }

    private static String chatBody(String model, String fields) {
        return "{\"model\": \"" + model + "\", \"messages\": [{\"role\": \"user\", \"content\": \"Grüezi\"}]" + fields
                + "}";
    }

    private Http.Answer text(String fields) {
        return http.post(TEXT, "{\"model\": \"talk\", " + fields + "}");
    }

    private HttpResponse<InputStream> openStream(String model) throws IOException, InterruptedException {
        return http.client()
                .send(
                        http.request(CHAT)
                                .POST(HttpRequest.BodyPublishers.ofString(chatBody(model, ", \"stream\": true")))
                                .build(),
                        HttpResponse.BodyHandlers.ofInputStream());
    }

    private static ModelInferRequest streamed() {
        try {
            return Objects.requireNonNull(ScriptedInference.STREAMED.poll(10, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<String> data(String events) {
        return events.lines()
                .filter(line -> line.startsWith("data: "))
                .map(line -> line.substring(6))
                .toList();
    }

    private static JsonNode parse(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
