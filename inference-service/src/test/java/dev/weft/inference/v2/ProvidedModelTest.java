package dev.weft.inference.v2;

import static dev.weft.inference.v2.V2Client.assertRefused;
import static dev.weft.inference.v2.V2Client.floats;
import static dev.weft.inference.v2.V2Client.input;
import static dev.weft.inference.v2.V2Client.request;
import static dev.weft.inference.v2.V2Client.texts;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.weft.kit.rpc.SingleAnswer;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.InferTensorContents;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferResponse;
import dev.weft.protocol.inference.ModelInferResponse.InferOutputTensor;
import dev.weft.protocol.inference.ModelMetadataRequest;
import dev.weft.protocol.inference.ModelMetadataResponse;
import dev.weft.protocol.inference.ModelStreamInferResponse;
import dev.weft.protocol.inference.RepositoryIndexRequest;
import dev.weft.testkit.ScriptedProvider;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Models that a provider runs, over the protocol; {@link ProvidedModelIT} runs the same against the packaged service. */
@QuarkusTest
@QuarkusTestResource(TestRepository.class)
class ProvidedModelTest {

    private static final String ASSISTANT = "assistant";

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
    void conversationIsAnsweredAsByADecoder() {
        ModelInferResponse answer = client.infer(conversation("is my card lost"));

        assertThat(text(answer, "TEXT")).isEqualTo("You said: is my card lost");
        assertThat(text(answer, "FINISH_REASON")).isEqualTo("stop");
        assertThat(answer.getModelName()).isEqualTo(ASSISTANT);
    }

    @Test
    void answerComesInPieces() {
        StreamClient stream = new StreamClient(GRPCInferenceServiceGrpc.newStub(client.channel()));
        stream.ask(conversation("hello"));

        List<ModelStreamInferResponse> pieces = stream.finish();

        assertThat(pieces).hasSizeGreaterThan(3);
        assertThat(pieces).allMatch(piece -> piece.getErrorMessage().isEmpty());
        assertThat(String.join(
                        "",
                        pieces.stream()
                                .map(piece -> text(piece.getInferResponse(), "TEXT"))
                                .toList()))
                .isEqualTo("You said: hello");
    }

    @Test
    void onlyRequestThatFailsFailsItsCall() {
        TestRepository.provider().fail(ScriptedProvider.status(404, "{\"error\": {\"message\": \"no echo\"}}"));
        Metadata metadata = new Metadata();
        metadata.put(SingleAnswer.METADATA, SingleAnswer.VALUE);
        StreamClient stream = new StreamClient(GRPCInferenceServiceGrpc.newStub(client.channel())
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata)));

        stream.ask(conversation("hello"));

        assertThat(stream.ended())
                .succeedsWithin(30, TimeUnit.SECONDS)
                .isInstanceOfSatisfying(StatusRuntimeException.class, failed -> {
                    assertThat(failed.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
                    assertThat(failed.getStatus().getDescription()).contains("no echo");
                });
    }

    @Test
    void requestThatFailsAmongOthersIsToldInAMessage() {
        TestRepository.provider().fail(ScriptedProvider.status(404, "{}"));
        StreamClient stream = new StreamClient(GRPCInferenceServiceGrpc.newStub(client.channel()));
        stream.ask(conversation("hello"));
        stream.ask(conversation("again"));

        List<ModelStreamInferResponse> responses = stream.finish();

        assertThat(responses.getFirst().getErrorMessage()).contains("404");
        assertThat(text(responses.get(1).getInferResponse(), "TEXT")).isEqualTo("You");
    }

    @Test
    void embeddingsAreAnsweredAsByAnEncoder() {
        ModelInferResponse answer = client.infer(texts("letters", "abba", "zz"));

        assertThat(answer.getOutputs(0).getName()).isEqualTo("EMBEDDING");
        assertThat(answer.getOutputs(0).getShapeList()).containsExactly(2L, (long) ScriptedProvider.DIMENSIONS);
        assertThat(V2Client.rows(floats(answer.getOutputs(0).getContents()), 2).getFirst())
                .isEqualTo(ScriptedProvider.letters("abba", ScriptedProvider.DIMENSIONS));
    }

    @Test
    void metadataTellsWhoRunsIt() {
        ModelMetadataResponse metadata = client.stub()
                .modelMetadata(
                        ModelMetadataRequest.newBuilder().setName(ASSISTANT).build());

        assertThat(metadata.getPlatform()).isEqualTo("openai");
        assertThat(metadata.getPropertiesMap())
                .containsEntry("task", "text-generation")
                .containsEntry("provider", "scripted")
                .containsEntry("provider_model", "echo");
    }

    @Test
    void modelOfAnUnknownProviderIsListedWithItsReason() {
        assertThat(client.stub()
                        .repositoryIndex(RepositoryIndexRequest.getDefaultInstance())
                        .getModelsList())
                .filteredOn(model -> model.getName().equals("unprovided"))
                .singleElement()
                .satisfies(model ->
                        assertThat(model.getReason()).contains("'nobody'").contains("scripted"));
    }

    @Test
    void refusalOfTheProviderIsTheAnswers() {
        TestRepository.provider()
                .fail(ScriptedProvider.status(400, "{\"error\": {\"message\": \"temperature is fixed\"}}"));

        assertRefused(() -> client.infer(conversation("hello")), Status.Code.INVALID_ARGUMENT, "temperature is fixed");
    }

    private static ModelInferRequest.Builder conversation(String text) {
        return request(
                ASSISTANT,
                input(
                        "MESSAGES",
                        "BYTES",
                        InferTensorContents.newBuilder()
                                .addBytesContents(ByteString.copyFromUtf8(
                                        "[{\"role\": \"user\", \"content\": \"" + text + "\"}]")),
                        1));
    }

    private static String text(ModelInferResponse response, String output) {
        return response.getOutputsList().stream()
                .filter(tensor -> tensor.getName().equals(output))
                .map(InferOutputTensor::getContents)
                .map(contents -> contents.getBytesContents(0).toStringUtf8())
                .findFirst()
                .orElseThrow();
    }
}
