package dev.weft.local.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import dev.weft.testkit.ScriptedProvider;
import dev.weft.testkit.ScriptedProvider.Fault;
import dev.weft.testkit.TinyDecoder;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Models that a provider runs, through real processes and OpenAI's clients, beside models that are here, which answer when the provider does not. */
class ProvidersIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String ASSISTANT = "assistant";
    private static final String LETTERS = "letters";
    private static final Fault AWAY = ScriptedProvider.status(503, "{\"error\": {\"message\": \"overloaded\"}}");

    private static final ScriptedProvider PROVIDER = new ScriptedProvider();
    private static final TestReplicas MESH = new TestReplicas();

    @BeforeAll
    static void start() throws Exception {
        TinyDecoder.standard().writePackage(MESH.models().resolve("tiny"));
        write(ASSISTANT, "text-generation");
        write(LETTERS, "sentence-embedding");
        MESH.start(
                1,
                1,
                Map.of(
                        "WEFT_INFERENCE_PROVIDERS_OPENAI_BASE_URL",
                        PROVIDER.baseUrl(),
                        "WEFT_INFERENCE_PROVIDERS_OPENAI_API_KEY",
                        ScriptedProvider.KEY,
                        "WEFT_INFERENCE_PROVIDERS_OPENAI_FIRST_BACKOFF",
                        "1ms"),
                Map.of());
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(MESH.status(0, "/v2/models/" + ASSISTANT + "/ready"))
                .as(() -> MESH.log("replica-0"))
                .isEqualTo(200));
    }

    private static void write(String name, String task) throws IOException {
        Path folder = Files.createDirectories(MESH.models().resolve(name));
        Files.writeString(folder.resolve("weft.json"), """
                {"task": "%s", "provider": "openai", "model": "%s"}
                """.formatted(task, name));
    }

    @BeforeEach
    void recover() {
        PROVIDER.recover();
    }

    @AfterAll
    static void stop() {
        MESH.close();
        PROVIDER.close();
    }

    @Test
    void chatClientsAskItAsIfItWereHere() throws Exception {
        ChatResponse response = chat(ASSISTANT).chat(UserMessage.from("where is my card"));

        assertThat(response.aiMessage().text()).isEqualTo("You said: where is my card");
        assertThat(response.tokenUsage().inputTokenCount()).isEqualTo(16);
        assertThat(response.tokenUsage().outputTokenCount()).isEqualTo(11);

        List<String> pieces = new CopyOnWriteArrayList<>();
        CompletableFuture<ChatResponse> complete = new CompletableFuture<>();
        OpenAiStreamingChatModel.builder()
                .baseUrl(url())
                .apiKey("none")
                .modelName(ASSISTANT)
                .build()
                .chat("hello there", new StreamingChatResponseHandler() {
                    @Override
                    public void onPartialResponse(String piece) {
                        pieces.add(piece);
                    }

                    @Override
                    public void onCompleteResponse(ChatResponse whole) {
                        complete.complete(whole);
                    }

                    @Override
                    public void onError(Throwable thrown) {
                        complete.completeExceptionally(thrown);
                    }
                });

        assertThat(complete.get(30, TimeUnit.SECONDS).aiMessage().text()).isEqualTo("You said: hello there");
        assertThat(pieces).hasSizeGreaterThan(3);
    }

    @Test
    void toolsAreCalledByClientsOfTheMesh() {
        ChatRequest request = ChatRequest.builder()
                .messages(UserMessage.from("block my card"))
                .toolSpecifications(ToolSpecification.builder()
                        .name("block")
                        .description("Blocks a card")
                        .parameters(JsonObjectSchema.builder()
                                .addStringProperty("text")
                                .build())
                        .build())
                .build();

        ChatResponse response = chat(ASSISTANT).chat(request);

        assertThat(response.finishReason()).isEqualTo(FinishReason.TOOL_EXECUTION);
        assertThat(response.aiMessage().toolExecutionRequests()).singleElement().satisfies(call -> {
            assertThat(call.name()).isEqualTo("block");
            assertThat(call.arguments()).isEqualTo("{\"text\":\"block my card\"}");
        });
        assertThatThrownBy(() -> chat("tiny").chat(request))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("tools: not supported by a model that runs here");
    }

    @Test
    void embeddingsAreThoseOfTheProvider() throws Exception {
        HttpResponse<String> answer =
                MESH.post(0, "/v1/embeddings", "{\"model\": \"letters\", \"input\": [\"abba\", \"zz\"]}");

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        JsonNode vector = JSON.readTree(answer.body()).path("data").path(1).path("embedding");
        assertThat(vector.size()).isEqualTo(ScriptedProvider.DIMENSIONS);
        assertThat(vector.path(25).asInt()).isEqualTo(2);
        assertThat(JSON.readTree(answer.body()).at("/usage/prompt_tokens").asInt())
                .isEqualTo(6);
    }

    @Test
    void modelThatIsHereAnswersWhenTheProviderDoesNot() throws Exception {
        serve(ASSISTANT, "[\"tiny\"]");
        try {
            await().atMost(PATIENCE).pollInterval(Duration.ofMillis(300)).untilAsserted(() -> {
                HttpResponse<String> answer = askWhileAway();
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                assertThat(answer.headers().firstValue("X-Weft-Backend")).hasValue("tiny");
                assertThat(answer.headers().firstValue("X-Weft-Tried").orElse(""))
                        .contains("assistant:1")
                        .contains("503: overloaded");
            });
        } finally {
            serve(ASSISTANT, "[]");
            await().atMost(PATIENCE).pollInterval(Duration.ofMillis(300)).untilAsserted(() -> assertThat(
                            askWhileAway().statusCode())
                    .as("no fallback")
                    .isEqualTo(503));
        }
    }

    /** Each request meets as many faults as it has attempts; those that it does not make are nobody's. */
    private static HttpResponse<String> askWhileAway() throws IOException, InterruptedException {
        PROVIDER.fail(AWAY, AWAY, AWAY);
        try {
            return ask(ASSISTANT);
        } finally {
            PROVIDER.recover();
        }
    }

    @Test
    void providerAnswersWhenTheModelThatIsHereDoesNot() throws Exception {
        serve("missing", "[\"assistant\"]");

        await().atMost(PATIENCE).untilAsserted(() -> {
            HttpResponse<String> answer = ask("missing");
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(answer.headers().firstValue("X-Weft-Backend").orElse("")).startsWith("assistant");
            assertThat(answer.body()).contains("You said: hi");
        });
    }

    @Test
    void providersTroubleIsNotTheReplicas() throws Exception {
        for (int i = 0; i < 3; i++) {
            HttpResponse<String> answer = askWhileAway();
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
            assertThat(answer.body()).contains("provider 'openai'").contains("overloaded");
            assertThat(MESH.post(0, "/v1/embeddings", "{\"model\": \"all-minilm-l6-v2\", \"input\": \"a\"}")
                            .statusCode())
                    .as("a model that is here")
                    .isEqualTo(200);
        }
        assertThat(ask(ASSISTANT).statusCode()).as("at once, when it is back").isEqualTo(200);
    }

    @Test
    void clientIsToldToComeLater() {
        PROVIDER.fail(ScriptedProvider.status(429, "{\"error\": {\"message\": \"slow down\"}}", "Retry-After", "77"));

        assertThatThrownBy(() -> chat(ASSISTANT).chat(UserMessage.from("hi")))
                .isInstanceOf(RateLimitException.class)
                .hasMessageContaining("slow down");
    }

    private static HttpResponse<String> ask(String model) throws IOException, InterruptedException {
        return MESH.post(0, "/v1/chat/completions", """
                {"model": "%s", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 9}
                """.formatted(model));
    }

    /** Gives a model its fallbacks, and it to the catalog when it is not there yet. */
    private static void serve(String model, String fallbacks) throws IOException, InterruptedException {
        String path = "/api/v1/models/" + model;
        if (MESH.get(0, path).statusCode() != 200) {
            HttpResponse<String> registered = MESH.post(0, path + "/versions", "{\"number\": 1}");
            assertThat(registered.statusCode()).as(registered.body()).isEqualTo(201);
        }
        HttpResponse<String> served =
                MESH.ask(0, "none", "PATCH", path, "{\"serving\": {\"fallbacks\": " + fallbacks + "}}");
        assertThat(served.statusCode()).as(served.body()).isEqualTo(200);
    }

    private static OpenAiChatModel chat(String model) {
        return OpenAiChatModel.builder()
                .baseUrl(url())
                .apiKey("none")
                .modelName(model)
                .maxRetries(0)
                .timeout(Duration.ofSeconds(30))
                .build();
    }

    private static String url() {
        return MESH.uri(0, "/v1").toString();
    }
}
