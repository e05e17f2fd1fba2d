package dev.weft.local.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import dev.weft.testkit.TinyDecoder;
import dev.weft.testkit.TinyTokenizer;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A conversation with a tiny real decoder, through real processes, by LangChain4j's OpenAI clients. */
class GenerationIT {

    private static final TestMesh MESH = new TestMesh();
    private static final String TINY = "tiny";
    private static final String QUESTION = "Hi";
    private static final int TOKENS = 12;

    @BeforeAll
    static void start() {
        TinyDecoder.standard().writePackage(MESH.options().models().resolve(TINY));
        MESH.start();
    }

    @AfterAll
    static void stop() {
        MESH.close();
    }

    @Test
    void chatClientGetsTheReferencesAnswer() {
        OpenAiChatModel model = OpenAiChatModel.builder()
                .baseUrl("http://" + MESH.address() + "/v1")
                .apiKey("none")
                .modelName(TINY)
                .maxTokens(TOKENS)
                .maxRetries(0)
                .timeout(Duration.ofSeconds(30))
                .build();

        ChatResponse response = model.chat(UserMessage.from(QUESTION));

        assertThat(response.aiMessage().text()).isEqualTo(expected());
        assertThat(response.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(response.tokenUsage().inputTokenCount()).isEqualTo(prompt().size());
        assertThat(response.tokenUsage().outputTokenCount()).isEqualTo(TOKENS);
    }

    @Test
    void streamingChatClientGetsItInPieces() throws Exception {
        OpenAiStreamingChatModel model = OpenAiStreamingChatModel.builder()
                .baseUrl("http://" + MESH.address() + "/v1")
                .apiKey("none")
                .modelName(TINY)
                .maxTokens(TOKENS)
                .timeout(Duration.ofSeconds(30))
                .build();
        List<String> pieces = new CopyOnWriteArrayList<>();
        CompletableFuture<ChatResponse> complete = new CompletableFuture<>();

        model.chat(QUESTION, new StreamingChatResponseHandler() {
            @Override
            public void onPartialResponse(String piece) {
                pieces.add(piece);
            }

            @Override
            public void onCompleteResponse(ChatResponse response) {
                complete.complete(response);
            }

            @Override
            public void onError(Throwable thrown) {
                complete.completeExceptionally(thrown);
            }
        });

        ChatResponse response = complete.get(30, TimeUnit.SECONDS);
        assertThat(String.join("", pieces)).isEqualTo(expected());
        assertThat(response.aiMessage().text()).isEqualTo(expected());
        assertThat(response.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(response.tokenUsage().outputTokenCount()).isEqualTo(TOKENS);
    }

    @Test
    void parameterOutOfRangeIsToldInTheClientsWords() {
        OpenAiChatModel model = OpenAiChatModel.builder()
                .baseUrl("http://" + MESH.address() + "/v1")
                .apiKey("none")
                .modelName(TINY)
                .maxTokens(1_000)
                .maxRetries(0)
                .build();

        assertThatThrownBy(() -> model.chat(QUESTION))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("max_tokens: 1000 (expected: at most " + (128 - prompt().size()));
    }

    @Test
    void clientThatGoesAwayFreesTheSequence() throws Exception {
        String body = "{\"model\": \"tiny\", \"prompt\": \"x\", \"n\": 8, \"max_tokens\": 120, \"stream\": true}";
        HttpResponse<InputStream> response = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://" + MESH.address() + "/v1/completions"))
                                .POST(HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofInputStream());
        assertThat(response.body().read()).isPositive();

        response.body().close();

        await().untilAsserted(() -> assertThat(inferenceMetrics())
                .contains("weft_generation_running_sequences{model=\"tiny\",version=\"1\"} 0.0"));
    }

    @Test
    void modelIsListedAndAnswersOverV2() {
        assertThat(MESH.get("/v1/models").body()).contains("\"id\":\"tiny\"");
        assertThat(MESH.post(
                                "/v2/models/tiny/infer",
                                "{\"parameters\": {\"max_tokens\": 3}, \"inputs\": [{\"name\": \"TEXT\", \"shape\": [1],"
                                        + " \"datatype\": \"BYTES\", \"data\": [\"Hi\"]}]}")
                        .body())
                .contains("\"name\":\"FINISH_REASON\",\"datatype\":\"BYTES\",\"shape\":[1],\"data\":[\"length\"]");
    }

    private static String inferenceMetrics() throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + Service.INFERENCE.healthPort(MESH.options()) + "/q/metrics");
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private static List<Integer> prompt() {
        List<Integer> prompt = new ArrayList<>();
        prompt.add(TinyTokenizer.MESSAGE_START);
        prompt.addAll(bytes("user\n" + QUESTION));
        prompt.add(TinyTokenizer.MESSAGE_END);
        prompt.addAll(bytes("\n"));
        prompt.add(TinyTokenizer.MESSAGE_START);
        prompt.addAll(bytes("assistant\n"));
        return prompt;
    }

    private static List<Integer> bytes(String text) {
        List<Integer> bytes = new ArrayList<>();
        for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
            bytes.add((int) value);
        }
        return bytes;
    }

    private static String expected() {
        return TinyDecoder.standard().reference().greedy(prompt(), TOKENS).stream()
                .map(Character::toString)
                .collect(Collectors.joining());
    }
}
