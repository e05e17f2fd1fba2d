package dev.weft.inference.provider;

import static dev.weft.inference.provider.ProviderFixture.texts;
import static dev.weft.inference.provider.ProviderFixture.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.inference.backend.RequestBackend;
import dev.weft.inference.tensor.Tensor;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Deadline;
import dev.weft.testkit.ScriptedProvider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProviderChatTest {

    private static final String CONVERSATION = """
            [{"role": "system", "content": "Be short."}, {"role": "user", "content": "my card is lost"}]""";

    private final ScriptedProvider provider = new ScriptedProvider();
    private final ProviderFixture fixture = new ProviderFixture("scripted", provider);

    @AfterEach
    void stop() {
        provider.close();
    }

    @Test
    void conversationGoesOnAsItCame() {
        List<Tensor> answer = fixture.chat().answer(texts("MESSAGES", CONVERSATION), Map.of(), deadline());

        assertThat(value(answer, "TEXT")).isEqualTo("You said: my card is lost");
        assertThat(value(answer, "FINISH_REASON")).isEqualTo("stop");
        assertThat(value(answer, "PROMPT_TOKENS")).isEqualTo("15");
        assertThat(value(answer, "COMPLETION_TOKENS")).isEqualTo("11");
        assertThat(fixture.tokens).hasValue(26);
        assertThat(provider.requests()).singleElement().satisfies(request -> {
            assertThat(request.path()).isEqualTo("/v1/chat/completions");
            assertThat(request.body().path("model").asText()).isEqualTo("echo");
            assertThat(request.body().path("messages").size()).isEqualTo(2);
            assertThat(request.body().path("messages").path(0).path("content").asText())
                    .isEqualTo("Be short.");
        });
    }

    @Test
    void promptIsTheOnlyMessage() {
        List<Tensor> answer = fixture.chat().answer(texts("TEXT", "Grüße"), Map.of(), deadline());

        assertThat(value(answer, "TEXT")).isEqualTo("You said: Grüße");
    }

    @Test
    void streamComesInPieces() {
        List<String> pieces = new ArrayList<>();
        List<Tensor> last = new ArrayList<>();

        fixture.chat().stream(texts("MESSAGES", CONVERSATION), Map.of(), deadline(), (outputs, end) -> {
            pieces.add(value(outputs, "TEXT"));
            if (end) {
                last.addAll(outputs);
            }
        });

        assertThat(pieces).hasSizeGreaterThan(5);
        assertThat(String.join("", pieces)).isEqualTo("You said: my card is lost");
        assertThat(value(last, "FINISH_REASON")).isEqualTo("stop");
        assertThat(value(last, "COMPLETION_TOKENS")).isEqualTo("11");
    }

    @Test
    void whatTheModelWantsCalledIsAnOutput() {
        Map<String, Object> parameters = Map.of(
                "tools",
                "[{\"type\": \"function\", \"function\": {\"name\": \"block\"}}]",
                "tool_choice",
                "\"required\"",
                "response_format",
                "{\"type\": \"json_object\"}");
        List<String> parts = new ArrayList<>();

        List<Tensor> whole = fixture.chat().answer(texts("TEXT", "my card"), parameters, deadline());
        fixture.chat().stream(texts("TEXT", "my card"), parameters, deadline(), (outputs, last) -> {
            if (!last) {
                parts.add(value(outputs, "TOOL_CALLS"));
            }
        });

        assertThat(value(whole, "TOOL_CALLS"))
                .isEqualTo("[{\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"block\","
                        + "\"arguments\":\"{\\\"text\\\":\\\"my card\\\"}\"}}]");
        assertThat(value(whole, "FINISH_REASON")).isEqualTo("tool_calls");
        assertThat(parts).hasSize(2);
        JsonNode body = provider.requests().getFirst().body();
        assertThat(body.at("/tools/0/function/name").asText()).isEqualTo("block");
        assertThat(body.path("tool_choice").asText()).isEqualTo("required");
        assertThat(body.at("/response_format/type").asText()).isEqualTo("json_object");
    }

    @Test
    void answerWithoutCallsSaysSo() {
        assertThat(value(fixture.chat().answer(texts("TEXT", "a"), Map.of(), deadline()), "TOOL_CALLS"))
                .isEqualTo("[]");
    }

    @Test
    void parameterThatIsNoJsonIsRefusedHere() {
        RequestBackend chat = fixture.chat();

        assertThatThrownBy(() -> chat.answer(texts("TEXT", "a"), Map.of("tools", "[{"), deadline()))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageContaining("parameters.tools");
        assertThat(provider.requests()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"openai, max_completion_tokens", "scripted, max_tokens"})
    void tokenLimitHasTheProvidersName(String name, String field) {
        RequestBackend chat = new ProviderFixture(name, provider).chat();

        List<Tensor> answer = chat.answer(texts("MESSAGES", CONVERSATION), Map.of("max_tokens", 3L), deadline());

        assertThat(value(answer, "TEXT")).isEqualTo("You said:");
        assertThat(value(answer, "FINISH_REASON")).isEqualTo("length");
        assertThat(provider.requests().getFirst().body().path(field).asInt()).isEqualTo(3);
    }

    @Test
    void onlyWhatTheRequestSaysIsSaid() {
        fixture.chat()
                .answer(
                        texts("TEXT", "a"),
                        Map.of("temperature", 0.5, "seed", 7L, "stop", "[\"x\", \"y\"]", "mine", "ignored"),
                        deadline());

        JsonNode body = provider.requests().getFirst().body();
        assertThat(body.properties())
                .extracting(Map.Entry::getKey)
                .containsExactlyInAnyOrder("model", "messages", "temperature", "seed", "stop");
        assertThat(body.path("temperature").asDouble()).isEqualTo(0.5);
        assertThat(body.path("stop").size()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "MESSAGES | [] | messages",
                "MESSAGES | [{ | messages",
                "MESSAGES | {} | messages",
                "TOKEN_IDS | 1 | [TEXT, MESSAGES]",
            })
    void whatIsNoConversationIsRefusedHere(String input, String text, String message) {
        RequestBackend chat = fixture.chat();

        assertThatThrownBy(() -> chat.answer(texts(input, text), Map.of(), deadline()))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageContaining(message);
        assertThat(provider.requests()).isEmpty();
    }

    @Test
    void wrongParameterIsRefusedHere() {
        RequestBackend chat = fixture.chat();

        assertThatThrownBy(() -> chat.answer(texts("TEXT", "a"), Map.of("temperature", 3.0), deadline()))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageContaining("temperature");
        assertThat(provider.requests()).isEmpty();
    }

    @Test
    void tokensAreEstimatedWhenNobodyCounts() {
        provider.fail(ScriptedProvider.status(
                200, "{\"choices\": [{\"message\": {\"content\": \"12345678\"}, \"finish_reason\": \"stop\"}]}"));

        List<Tensor> answer = fixture.chat().answer(texts("TEXT", "1234"), Map.of(), deadline());

        assertThat(value(answer, "PROMPT_TOKENS")).isEqualTo("1");
        assertThat(value(answer, "COMPLETION_TOKENS")).isEqualTo("2");
    }

    @Test
    void streamOfAnotherKindIsUnderstood() {
        provider.fail(ScriptedProvider.status(
                200,
                ": a comment\r\n\r\nevent: x\rdata: {\"choices\": [{\"delta\": {\"role\": \"assistant\", \"content\": null}}]}\r\r"
                        + "data:{\"choices\":\ndata: [{\"delta\": {\"content\": \"Hi\"}, \"finish_reason\": \"length\"}]}\n\n",
                "Content-Type",
                "text/event-stream"));
        List<String> pieces = new ArrayList<>();

        fixture.chat().stream(
                texts("TEXT", "a"), Map.of(), deadline(), (outputs, _) -> pieces.add(value(outputs, "TEXT")));

        assertThat(pieces).containsExactly("Hi", "");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"choices\": []} | message",
                "<html> | message",
            })
    void whatIsNoAnswerIsUnavailable(String body, String message) {
        provider.fail(ScriptedProvider.status(200, body));
        RequestBackend chat = fixture.chat();

        assertThatThrownBy(() -> chat.answer(texts("TEXT", "a"), Map.of(), deadline()))
                .isInstanceOf(Unavailable.class)
                .hasMessageContaining(message);
    }

    @Test
    void eventWithoutEndIsGivenUp() {
        provider.fail(ScriptedProvider.status(200, ("data: " + "x".repeat(1 << 20) + "\n").repeat(5)));
        RequestBackend chat = fixture.chat();

        assertThatThrownBy(() -> chat.stream(texts("TEXT", "a"), Map.of(), deadline(), (_, _) -> {}))
                .isInstanceOf(Unavailable.class)
                .hasMessageContaining("an event of more than");
    }

    @Test
    void connectionIsUsedAgain() {
        RequestBackend chat = fixture.chat();

        for (int i = 0; i < 5; i++) {
            chat.stream(texts("TEXT", "a"), Map.of(), deadline(), (_, _) -> {});
            chat.answer(texts("TEXT", "a"), Map.of(), deadline());
        }

        assertThat(provider.connections()).isEqualTo(1);
    }

    @Test
    void streamThatBreaksOffFailsAfterItsPieces() {
        String first = ScriptedProvider.event("{\"choices\": [{\"delta\": {\"content\": \"Hi\"}}]}");
        for (ScriptedProvider.Fault fault : List.of(
                ScriptedProvider.breakOff(first),
                ScriptedProvider.status(200, first),
                ScriptedProvider.status(
                        200, first + ScriptedProvider.event("{\"error\": {\"message\": \"overloaded\"}}")))) {
            provider.fail(fault);
            List<String> pieces = new ArrayList<>();
            RequestBackend chat = fixture.chat();

            assertThatThrownBy(() -> chat.stream(
                            texts("TEXT", "a"),
                            Map.of(),
                            deadline(),
                            (outputs, _) -> pieces.add(value(outputs, "TEXT"))))
                    .isInstanceOf(Unavailable.class)
                    .hasMessageContaining("scripted");
            assertThat(pieces).containsExactly("Hi");
        }
        assertThat(provider.requests()).as("none is made again").hasSize(3);
    }

    private static Deadline deadline() {
        return Deadline.after(Duration.ofSeconds(30));
    }
}
