package dev.weft.inference.v2;

import static dev.weft.inference.v2.V2Client.raw;
import static dev.weft.inference.v2.V2Client.rawStrings;
import static dev.weft.inference.v2.V2Client.request;
import static dev.weft.inference.v2.V2Client.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.weft.kit.rpc.CallEffort;
import dev.weft.kit.rpc.OnlyModel;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.InferParameter;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferRequest.InferRequestedOutputTensor;
import dev.weft.protocol.inference.ModelMetadataRequest;
import dev.weft.protocol.inference.ModelStreamInferResponse;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the gateway reads of a call, and tells, without decoding its messages; {@link EffortIT} runs the same against the packaged service. */
@QuarkusTest
@QuarkusTestResource(TestRepository.class)
class EffortTest {

    private static final String MINILM = "all-minilm-l6-v2";

    private final AtomicReference<Metadata> trailers = new AtomicReference<>();
    private final ClientInterceptor capture =
            MetadataUtils.newCaptureMetadataInterceptor(new AtomicReference<>(), trailers);

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

    private CallEffort told() {
        Metadata last = trailers.get();
        return CallEffort.ofTrailer(last == null ? null : last.get(CallEffort.METADATA));
    }

    private static ModelInferRequest.Builder generation(int maxTokens) {
        return request("tiny", raw("TEXT", "BYTES", 1))
                .addRawInputContents(rawStrings("Dear customer, "))
                .addOutputs(InferRequestedOutputTensor.newBuilder().setName("TEXT"))
                .putParameters(
                        "max_tokens",
                        InferParameter.newBuilder().setInt64Param(maxTokens).build());
    }

    private static ClientInterceptor only(String model) {
        Metadata metadata = new Metadata();
        metadata.put(OnlyModel.METADATA, model.getBytes(StandardCharsets.UTF_8));
        return MetadataUtils.newAttachHeadersInterceptor(metadata);
    }

    @Test
    void trailerTellsRowsTokensAndTimeOfAnAnswer() {
        client.stub()
                .withInterceptors(capture)
                .modelInfer(texts(MINILM, "How do I block my card?", "Rent").build());

        assertThat(told().rows()).isEqualTo(2);
        assertThat(told().promptTokens()).isEqualTo(9 + 3);
        assertThat(told().completionTokens()).isZero();
        assertThat(told().computeMicros()).isPositive();
    }

    @Test
    void trailerTellsTokensOfGeneratedTextWhateverOutputsAreWanted() {
        client.stub().withInterceptors(capture).modelInfer(generation(20).build());

        assertThat(told()).isEqualTo(new CallEffort(1, 15, 20, 0));
    }

    @Test
    void trailerOfAStreamTellsAllOfItsTexts() {
        StreamClient stream = new StreamClient(GRPCInferenceServiceGrpc.newStub(client.channel())
                .withDeadlineAfter(60, TimeUnit.SECONDS)
                .withInterceptors(capture));

        stream.ask(generation(5));
        stream.ask(generation(7));
        stream.finish();

        assertThat(told()).isEqualTo(new CallEffort(2, 30, 12, 0));
    }

    @Test
    void callThatFailsTellsNothing() {
        StatusRuntimeException unknown = catchThrowableOfType(StatusRuntimeException.class, () -> client.stub()
                .withInterceptors(capture)
                .modelInfer(texts("nowhere", "x").build()));

        assertThat(unknown.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
        assertThat(told()).isEqualTo(CallEffort.NONE);
    }

    @Test
    void messageOfAnotherModelThanTheCallsIsRefused() {
        StatusRuntimeException infer = catchThrowableOfType(StatusRuntimeException.class, () -> client.stub()
                .withInterceptors(only("tiny"))
                .modelInfer(texts(MINILM, "x").build()));
        StatusRuntimeException metadata = catchThrowableOfType(StatusRuntimeException.class, () -> client.stub()
                .withInterceptors(only("tiny"))
                .modelMetadata(ModelMetadataRequest.newBuilder().setName(MINILM).build()));

        assertThat(infer.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
        assertThat(metadata.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
        assertThat(client.stub()
                        .withInterceptors(only(MINILM))
                        .modelInfer(texts(MINILM, "x").build())
                        .getModelName())
                .isEqualTo(MINILM);
    }

    @Test
    void streamKeepsToTheModelOfItsCall() {
        StreamClient stream = new StreamClient(GRPCInferenceServiceGrpc.newStub(client.channel())
                .withDeadlineAfter(60, TimeUnit.SECONDS)
                .withInterceptors(only("tiny")));

        stream.ask(generation(1));
        stream.ask(texts(MINILM, "x"));
        List<ModelStreamInferResponse> responses = stream.finish();

        assertThat(responses.getFirst().getErrorMessage()).isEmpty();
        assertThat(responses
                        .getLast()
                        .getInferResponse()
                        .getParametersOrThrow("status")
                        .getStringParam())
                .isEqualTo("PERMISSION_DENIED");
    }
}
