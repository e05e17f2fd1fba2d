package dev.weft.inference.v2;

import static dev.weft.inference.v2.V2Client.assertRefused;
import static dev.weft.inference.v2.V2Client.input;
import static dev.weft.inference.v2.V2Client.raw;
import static dev.weft.inference.v2.V2Client.rawStrings;
import static dev.weft.inference.v2.V2Client.request;
import static dev.weft.inference.v2.V2Client.texts;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.InferParameter;
import dev.weft.protocol.inference.InferTensorContents;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferRequest.InferRequestedOutputTensor;
import dev.weft.protocol.inference.ModelInferResponse;
import dev.weft.protocol.inference.ModelInferResponse.InferOutputTensor;
import dev.weft.protocol.inference.ModelMetadataRequest;
import dev.weft.protocol.inference.ModelMetadataResponse;
import dev.weft.protocol.inference.ModelStreamInferResponse;
import dev.weft.protocol.inference.RepositoryIndexRequest;
import dev.weft.protocol.inference.RepositoryModelLoadRequest;
import dev.weft.protocol.inference.RepositoryModelUnloadRequest;
import dev.weft.testkit.TinyDecoder;
import dev.weft.testkit.TinyTokenizer;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Text generation over the protocol, with a tiny real decoder; {@link GenerationIT} runs the same against the packaged service. */
@QuarkusTest
@QuarkusTestResource(TestRepository.class)
class GenerationTest {

    private static final String TINY = "tiny";
    private static final String PROMPT = "Dear customer, ";

    private V2Client client;

    @BeforeEach
    void connect() {
        client = new V2Client();
        client.awaitReady();
    }

    @AfterEach
    void disconnect() {
        client.close();
    }

    @Test
    void wholeAnswerIsThatOfTheReference() {
        ModelInferResponse response = client.infer(prompt(20));

        assertThat(text(response, "TEXT")).isEqualTo(expected(tokens(PROMPT), 20));
        assertThat(text(response, "FINISH_REASON")).isEqualTo("length");
        assertThat(count(response, "PROMPT_TOKENS")).isEqualTo(15);
        assertThat(count(response, "COMPLETION_TOKENS")).isEqualTo(20);
    }

    @Test
    void conversationIsWrittenByTheChatTemplate() {
        List<Integer> prompt = new ArrayList<>(List.of(TinyTokenizer.MESSAGE_START));
        prompt.addAll(tokens("user\nHi"));
        prompt.add(TinyTokenizer.MESSAGE_END);
        prompt.addAll(tokens("\n"));
        prompt.add(TinyTokenizer.MESSAGE_START);
        prompt.addAll(tokens("assistant\n"));

        ModelInferResponse response =
                client.infer(messages("[{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"Hi\"}]}]")
                        .putParameters("max_tokens", number(10)));

        assertThat(count(response, "PROMPT_TOKENS")).isEqualTo(prompt.size());
        assertThat(text(response, "TEXT")).isEqualTo(expected(prompt, 10));
    }

    @Test
    void promptMayBeTokens() {
        InferTensorContents.Builder contents = InferTensorContents.newBuilder();
        tokens(PROMPT).forEach(contents::addInt64Contents);

        ModelInferResponse response = client.infer(
                request(TINY, input("TOKEN_IDS", "INT64", contents, 15)).putParameters("max_tokens", number(20)));

        assertThat(text(response, "TEXT")).isEqualTo(expected(tokens(PROMPT), 20));
    }

    @Test
    void rawRequestIsAnsweredRawAndOnlyWithWhatItAsksFor() {
        ModelInferResponse response = client.infer(request(TINY, raw("TEXT", "BYTES", 1))
                .addRawInputContents(rawStrings(PROMPT))
                .addOutputs(InferRequestedOutputTensor.newBuilder().setName("COMPLETION_TOKENS"))
                .putParameters("max_tokens", number(3)));

        assertThat(response.getOutputsList())
                .extracting(InferOutputTensor::getName)
                .containsExactly("COMPLETION_TOKENS");
        assertThat(response.getRawOutputContents(0)
                        .asReadOnlyByteBuffer()
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .getLong())
                .isEqualTo(3);
    }

    @Test
    void streamGivesThePiecesAndSaysWhichIsTheLast() {
        StreamClient stream = stream(60_000);
        stream.ask(prompt(20).setId("first"));

        List<ModelInferResponse> responses = stream.finish().stream()
                .map(ModelStreamInferResponse::getInferResponse)
                .toList();

        assertThat(responses).allMatch(response -> response.getId().equals("first"));
        assertThat(responses.stream().map(response -> text(response, "TEXT")).collect(Collectors.joining()))
                .isEqualTo(expected(tokens(PROMPT), 20));
        assertThat(responses.subList(0, responses.size() - 1))
                .allMatch(response -> response.getOutputsCount() == 1)
                .noneMatch(GenerationTest::isFinal);
        assertThat(text(responses.getLast(), "FINISH_REASON")).isEqualTo("length");
        assertThat(count(responses.getLast(), "COMPLETION_TOKENS")).isEqualTo(20);
        assertThat(isFinal(responses.getLast())).isTrue();
    }

    @Test
    void failedRequestIsToldAndTheStreamGoesOn() {
        StreamClient stream = stream(60_000);
        stream.ask(texts("nope", "x").setId("a"));
        stream.ask(prompt(5).setId("b").putParameters("temperature", real(9)));
        stream.ask(texts("all-minilm-l6-v2", "Card payment").setId("c"));

        List<ModelStreamInferResponse> responses = stream.finish();

        assertThat(responses).hasSize(3).allMatch(response -> isFinal(response.getInferResponse()));
        assertThat(responses.get(0).getErrorMessage()).startsWith("model 'nope' is unknown");
        assertThat(status(responses.get(0))).isEqualTo("NOT_FOUND");
        assertThat(responses.get(1).getErrorMessage()).isEqualTo("parameters.temperature: 9.0 (expected: 0 to 2)");
        assertThat(status(responses.get(1))).isEqualTo("INVALID_ARGUMENT");
        assertThat(responses.get(1).getInferResponse().getId()).isEqualTo("b");
        assertThat(responses.get(2).getErrorMessage()).isEmpty();
        assertThat(responses.get(2).getInferResponse().getOutputs(0).getName()).isEqualTo("EMBEDDING");
    }

    @Test
    void deadlineEndsAStreamAndTheModelServesOn() {
        StreamClient stream = stream(1);
        stream.ask(prompt(100));

        assertThat(stream.ended())
                .succeedsWithin(60, TimeUnit.SECONDS)
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
        assertThat(text(client.infer(prompt(1)), "TEXT")).isEqualTo(expected(tokens(PROMPT), 1));
    }

    @Test
    void stopStringsAndSeedsWorkAsParameters() {
        String free = expected(tokens(PROMPT), 30);
        String stop = free.substring(9, 12);
        ModelInferResponse stopped =
                client.infer(prompt(30).putParameters("stop", string("[\"never\", \"" + escaped(stop) + "\"]")));
        ModelInferRequest.Builder seeded =
                prompt(30).putParameters("temperature", number(1)).putParameters("seed", number(5));

        assertThat(text(stopped, "TEXT")).isEqualTo(free.substring(0, free.indexOf(stop)));
        assertThat(text(stopped, "FINISH_REASON")).isEqualTo("stop");
        assertThat(text(client.infer(seeded), "TEXT"))
                .isEqualTo(text(client.infer(seeded), "TEXT"))
                .isNotEqualTo(free);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "max_tokens        | 0    | parameters.max_tokens: 0 (expected: 1 or more)",
                "max_tokens        | 1.5  | parameters.max_tokens: 1.5 (expected: an integer)",
                "max_tokens        | 200  | parameters.max_tokens: 200 (expected: at most 113, what the prompt's 15 tokens leave of",
                "top_p             | 1.1  | parameters.top_p: 1.1 (expected: over 0, at most 1)",
                "top_k             | -1   | parameters.top_k: -1",
                "presence_penalty  | 3    | parameters.presence_penalty: 3.0 (expected: -2 to 2)",
                "seed              | 0.5  | parameters.seed: 0.5 (expected: an integer)",
                "tools             | 7    | parameters.tools: not supported by a model that runs here (expected: absent)",
                "response_format   | 7    | parameters.response_format: not supported by a model that runs here",
                "stop              | 7    | parameters.stop: 7 (expected: a string, or a JSON array of strings)",
            })
    void parameterOutOfRangeIsRefusedByName(String name, String value, String message) {
        InferParameter parameter =
                value.contains(".") ? real(Double.parseDouble(value)) : number(Long.parseLong(value));

        assertRefused(
                () -> client.infer(texts(TINY, PROMPT).putParameters(name, parameter)),
                Status.Code.INVALID_ARGUMENT,
                message);
    }

    @Test
    void inputsThatAreNoPromptAreRefused() {
        assertInvalid(
                texts(TINY, "x".repeat(TinyDecoder.CONTEXT)),
                "prompt: 128 tokens (expected: at most 127, which leaves one of the context's 128 for the answer)");
        assertInvalid(
                texts(TINY, "x".repeat(100_000)),
                "prompt: 100000 characters (expected: at most 65536 for a context of 128 tokens)");
        assertInvalid(texts(TINY, "a", "b"), "expected: BYTES [1]");
        assertInvalid(texts(TINY, ""), "no tokens");
        assertInvalid(messages("[{\"content\": \"x\"}]"), "messages[0].role: missing (expected: a string, as 'user')");
        assertInvalid(
                messages("[{\"role\": \"user\", \"content\": [{\"type\": \"image_url\"}]}]"),
                "messages[0].content[0]: a part of type 'image_url' (expected: parts of type 'text' only)");
        assertInvalid(messages("[]"), "messages: none (expected: an array of at least one message)");
        assertInvalid(
                request(
                        TINY,
                        input(
                                "input_ids",
                                "INT64",
                                InferTensorContents.newBuilder().addInt64Contents(1),
                                1)),
                "input 'input_ids': unknown (expected: one of [TEXT, MESSAGES, TOKEN_IDS])");
        assertInvalid(texts(TINY, TinyTokenizer.BROKEN), "the graph refuses its tokens");
    }

    @Test
    void metadataDescribesPromptAndAnswer() {
        ModelMetadataResponse metadata = client.stub()
                .modelMetadata(ModelMetadataRequest.newBuilder().setName(TINY).build());

        assertThat(metadata.getInputsList()).extracting("name").containsExactly("TEXT", "MESSAGES", "TOKEN_IDS");
        assertThat(metadata.getOutputsList())
                .extracting("name")
                .containsExactly("TEXT", "FINISH_REASON", "PROMPT_TOKENS", "COMPLETION_TOKENS");
        assertThat(metadata.getPropertiesMap())
                .containsEntry("task", "text-generation")
                .containsEntry("context_length", "128")
                .containsEntry("chat", "true");
    }

    @Test
    void templateThatCannotBeUnderstoodIsToldAtLoad() {
        assertThat(client.stub()
                        .repositoryIndex(RepositoryIndexRequest.getDefaultInstance())
                        .getModelsList())
                .filteredOn(model -> model.getName().equals("broken-template"))
                .singleElement()
                .satisfies(model -> assertThat(model.getReason())
                        .startsWith("chat template: line 1: tag 'include' (expected: one of [break,"));
    }

    @Test
    void modelWithoutATemplateTakesPromptsOnly() throws IOException {
        Path folder = TestRepository.FOLDER.resolve("no-chat");
        TinyDecoder.standard().writePackage(folder);
        Files.delete(folder.resolve("tokenizer_config.json"));
        load("no-chat");

        assertThat(text(client.infer(prompt(5).setModelName("no-chat")), "TEXT"))
                .isEqualTo(expected(tokens(PROMPT), 5));
        assertInvalid(
                messages("[{\"role\": \"user\", \"content\": \"Hi\"}]").setModelName("no-chat"),
                "input 'MESSAGES': the model's package has no chat template (expected: a prompt)");
    }

    @Test
    void modelIsUnloadedAndLoadedAgain() {
        TinyDecoder.standard().writePackage(TestRepository.FOLDER.resolve("tiny-again"));
        load("tiny-again");
        ModelInferRequest.Builder request = prompt(5).setModelName("tiny-again");
        String before = text(client.infer(request), "TEXT");

        client.stub()
                .repositoryModelUnload(RepositoryModelUnloadRequest.newBuilder()
                        .setModelName("tiny-again")
                        .build());
        assertRefused(() -> client.infer(request), Status.Code.UNAVAILABLE, "unloaded");
        load("tiny-again");

        assertThat(text(client.infer(request), "TEXT")).isEqualTo(before);
    }

    private void load(String model) {
        client.stub()
                .repositoryModelLoad(RepositoryModelLoadRequest.newBuilder()
                        .setModelName(model)
                        .build());
    }

    private StreamClient stream(int timeoutMs) {
        return new StreamClient(
                GRPCInferenceServiceGrpc.newStub(client.channel()).withDeadlineAfter(timeoutMs, TimeUnit.MILLISECONDS));
    }

    private void assertInvalid(ModelInferRequest.Builder request, String message) {
        assertRefused(() -> client.infer(request), Status.Code.INVALID_ARGUMENT, message);
    }

    private static ModelInferRequest.Builder prompt(int maxTokens) {
        return texts(TINY, PROMPT).putParameters("max_tokens", number(maxTokens));
    }

    private static ModelInferRequest.Builder messages(String json) {
        InferTensorContents.Builder contents =
                InferTensorContents.newBuilder().addBytesContents(ByteString.copyFromUtf8(json));
        return request(TINY, input("MESSAGES", "BYTES", contents, 1));
    }

    private static List<Integer> tokens(String text) {
        List<Integer> tokens = new ArrayList<>();
        for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
            tokens.add(Byte.toUnsignedInt(value));
        }
        return tokens;
    }

    private static String expected(List<Integer> prompt, int count) {
        return TinyDecoder.standard().reference().greedy(prompt, count).stream()
                .map(Character::toString)
                .collect(Collectors.joining());
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"");
    }

    private static InferParameter number(long value) {
        return InferParameter.newBuilder().setInt64Param(value).build();
    }

    private static InferParameter real(double value) {
        return InferParameter.newBuilder().setDoubleParam(value).build();
    }

    private static InferParameter string(String value) {
        return InferParameter.newBuilder().setStringParam(value).build();
    }

    private static boolean isFinal(ModelInferResponse response) {
        return response.containsParameters("triton_final_response")
                && response.getParametersOrThrow("triton_final_response").getBoolParam();
    }

    private static String status(ModelStreamInferResponse response) {
        return response.getInferResponse().getParametersOrThrow("status").getStringParam();
    }

    private static InferTensorContents output(ModelInferResponse response, String name) {
        return response.getOutputsList().stream()
                .filter(output -> output.getName().equals(name))
                .map(InferOutputTensor::getContents)
                .findFirst()
                .orElseThrow();
    }

    private static String text(ModelInferResponse response, String name) {
        return output(response, name).getBytesContents(0).toStringUtf8();
    }

    private static long count(ModelInferResponse response, String name) {
        return output(response, name).getInt64Contents(0);
    }
}
