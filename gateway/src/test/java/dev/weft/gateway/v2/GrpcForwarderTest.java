package dev.weft.gateway.v2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.weft.gateway.fixtures.ScriptedInference;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferRequest.InferInputTensor;
import dev.weft.protocol.inference.ModelInferResponse;
import dev.weft.protocol.inference.ServerReadyRequest;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** V2 over gRPC through the gateway; {@link GrpcForwarderIT} runs the same against the packaged gateway. */
@QuarkusTest
@QuarkusTestResource(ScriptedInference.class)
class GrpcForwarderTest {

    @TestHTTPResource
    private URI uri;

    private ManagedChannel channel;

    @BeforeEach
    void connect() {
        channel = Grpc.newChannelBuilder(uri.getHost() + ":" + uri.getPort(), InsecureChannelCredentials.create())
                .maxInboundMessageSize(64 << 20)
                .build();
        ScriptedInference.CANCELLED.clear();
        ScriptedInference.REMAINING_MILLIS.clear();
    }

    @AfterEach
    void disconnect() {
        channel.shutdownNow();
    }

    private GRPCInferenceServiceBlockingStub stub() {
        return GRPCInferenceServiceGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    private static ModelInferRequest.Builder request(String model) {
        return ModelInferRequest.newBuilder()
                .setModelName(model)
                .addInputs(InferInputTensor.newBuilder()
                        .setName("X")
                        .setDatatype("INT8")
                        .addShape(1))
                .addRawInputContents(ByteString.copyFrom(new byte[] {7}));
    }

    @Test
    void messagesPassUnchangedEvenFieldsThatNobodyKnows() {
        UnknownFieldSet future = UnknownFieldSet.newBuilder()
                .addField(999, UnknownFieldSet.Field.newBuilder().addVarint(5).build())
                .build();

        ModelInferResponse response =
                stub().modelInfer(request("echo").setUnknownFields(future).build());

        assertThat(response.getRawOutputContents(0)).isEqualTo(ByteString.copyFrom(new byte[] {7}));
        assertThat(response.getUnknownFields()).isEqualTo(future);
    }

    @Test
    void largeTensorsPass() {
        ByteString megabytes = ByteString.copyFrom(new byte[10 << 20]);

        ModelInferResponse response = stub().modelInfer(
                        request("echo").setRawInputContents(0, megabytes).build());

        assertThat(response.getRawOutputContents(0)).isEqualTo(megabytes);
    }

    @Test
    void everyOtherCallPassesToo() {
        assertThat(stub().serverReady(ServerReadyRequest.getDefaultInstance()).getReady())
                .isTrue();
    }

    @Test
    void failuresKeepTheirCodeMessageAndRetryHint() {
        assertThatThrownBy(() -> stub().modelInfer(request("nope").build()))
                .isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
                    assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
                    assertThat(e.getStatus().getDescription()).isEqualTo("model 'nope' is unknown");
                });
        assertThatThrownBy(() -> stub().modelInfer(request("full").build()))
                .isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
                    assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
                    Metadata trailers = java.util.Objects.requireNonNull(e.getTrailers());
                    assertThat(trailers.get(Metadata.Key.of("retry-after-ms", Metadata.ASCII_STRING_MARSHALLER)))
                            .isEqualTo("1500");
                });
    }

    @Test
    void deadlineOfTheClientReachesTheService() {
        assertThatThrownBy(() -> GRPCInferenceServiceGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(400, TimeUnit.MILLISECONDS)
                        .modelInfer(request("slow").build()))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));

        assertThat(ScriptedInference.REMAINING_MILLIS.poll()).isBetween(1L, 400L);
        await().untilAsserted(() -> assertThat(ScriptedInference.CANCELLED).isNotEmpty());
    }

    @Test
    void cancellationOfTheClientReachesTheService() {
        var call = GRPCInferenceServiceGrpc.newFutureStub(channel)
                .modelInfer(request("slow").build());
        await().untilAsserted(
                        () -> assertThat(ScriptedInference.REMAINING_MILLIS).isNotEmpty());

        call.cancel(true);

        await().untilAsserted(() -> assertThat(ScriptedInference.CANCELLED).isNotEmpty());
    }

    @Test
    void requestIdTravelsToTheService() {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("x-request-id", Metadata.ASCII_STRING_MARSHALLER), "grpc-trace-1");

        stub().withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .modelInfer(request("echo").build());

        await().untilAsserted(() -> assertThat(ScriptedInference.REQUEST_IDS).contains("grpc-trace-1"));
    }

    @Test
    void modelNameIsReadWithoutDecodingTheRest() {
        byte[] message = request("intent").build().toByteArray();

        assertThat(GrpcForwarder.modelName(message, 1)).isEqualTo("intent");
        assertThat(GrpcForwarder.modelName(new byte[] {1, 2, 3}, 1)).isEmpty();
        assertThat(GrpcForwarder.modelName(new byte[0], 1)).isEmpty();
    }
}
