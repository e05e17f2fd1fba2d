package dev.weft.gateway.v2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.weft.gateway.fixtures.ScriptedInference;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferRequest.InferInputTensor;
import dev.weft.protocol.inference.ModelInferResponse;
import dev.weft.protocol.inference.ServerReadyRequest;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** V2 over gRPC through the gateway; {@link GrpcProxyIT} runs the same against the packaged gateway. */
@QuarkusTest
@QuarkusTestResource(ScriptedInference.class)
class GrpcProxyTest {

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
        ByteString megabytes = ByteString.copyFrom(new byte[40 << 20]);

        ModelInferResponse response = stub().modelInfer(
                        request("echo").setRawInputContents(0, megabytes).build());

        assertThat(response.getRawOutputContents(0)).isEqualTo(megabytes);
    }

    @Test
    void compressedMessagesPass() {
        ModelInferResponse response = stub().withCompression("gzip")
                .modelInfer(request("echo")
                        .setRawInputContents(0, ByteString.copyFrom(new byte[100_000]))
                        .build());

        assertThat(response.getRawOutputContents(0).size()).isEqualTo(100_000);
    }

    @Test
    void methodThatTheProtocolDoesNotHaveIsUnimplemented() {
        MethodDescriptor<ServerReadyRequest, ModelInferResponse> unknown =
                MethodDescriptor.<ServerReadyRequest, ModelInferResponse>newBuilder()
                        .setType(MethodDescriptor.MethodType.UNARY)
                        .setFullMethodName("inference.GRPCInferenceService/Nope")
                        .setRequestMarshaller(ProtoUtils.marshaller(ServerReadyRequest.getDefaultInstance()))
                        .setResponseMarshaller(ProtoUtils.marshaller(ModelInferResponse.getDefaultInstance()))
                        .build();

        assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(
                        channel,
                        unknown,
                        CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS),
                        ServerReadyRequest.getDefaultInstance()))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED));
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

    /** A server that takes many cancellations for an attack closes the connection, and with it the calls of others. */
    @Test
    void manyCancellationsDoNotDisturbTheOtherCallsOfAConnection() throws InterruptedException {
        var patient = slowCall();

        for (int i = 0; i < 900; i++) {
            slowCall().cancel(true);
        }

        assertThat(stub().serverReady(ServerReadyRequest.getDefaultInstance()).getReady())
                .isTrue();
        assertThat(patient.isDone()).isFalse();
        patient.cancel(true);
    }

    /** A call that has reached the service. */
    private ListenableFuture<ModelInferResponse> slowCall() throws InterruptedException {
        var call = GRPCInferenceServiceGrpc.newFutureStub(channel)
                .modelInfer(request("slow").build());
        assertThat(ScriptedInference.REMAINING_MILLIS.poll(30, TimeUnit.SECONDS))
                .isNotNull();
        return call;
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
    void metadataThatConcernsTheServicePassesAndTheClientsCredentialsDoNot() {
        Metadata headers = new Metadata();
        Map.of("x-priority", "batch", "traceparent", "00-1-2-01", "authorization", "Bearer secret")
                .forEach((name, value) -> headers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value));

        stub().withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .modelInfer(request("echo").build());

        await().untilAsserted(() -> assertThat(ScriptedInference.METADATA)
                .contains(Map.of(
                        "x-priority", "batch",
                        "traceparent", "00-1-2-01",
                        "authorization", "Bearer " + ScriptedInference.TOKEN)));
    }

    @Test
    void modelNameIsReadWithoutDecodingTheRest() throws IOException {
        byte[] message = request("intent").build().toByteArray();

        assertThat(NamedModel.of(body(0, message), null, 1, 2).model()).isEqualTo("intent");
        assertThat(NamedModel.of(body(1, gzip(message)), "gzip", 1, 2).model()).isEqualTo("intent");
        assertThat(NamedModel.of(body(0, new byte[] {1, 2, 3}), null, 1, 2).model())
                .isEmpty();
        assertThat(NamedModel.of(body(1, message), "gzip", 1, 2).model()).isEmpty();
        assertThat(NamedModel.of(Buffer.buffer(), null, 1, 2).model()).isEmpty();
    }

    @Test
    void modelNameIsFoundBehindALargeTensor() {
        byte[] tensor = ModelInferRequest.newBuilder()
                .addRawInputContents(ByteString.copyFrom(new byte[100_000]))
                .build()
                .toByteArray();
        byte[] name =
                ModelInferRequest.newBuilder().setModelName("intent").build().toByteArray();

        assertThat(NamedModel.of(
                                body(
                                        0,
                                        ByteString.copyFrom(tensor)
                                                .concat(ByteString.copyFrom(name))
                                                .toByteArray()),
                                null,
                                1,
                                2)
                        .model())
                .isEqualTo("intent");
    }

    @Test
    void versionIsReadBesideTheName() {
        byte[] message = request("intent").setModelVersion("stable").build().toByteArray();

        assertThat(NamedModel.of(body(0, message), null, 1, 2)).isEqualTo(new NamedModel("intent", "stable"));
    }

    private static Buffer body(int compressed, byte[] message) {
        return Buffer.buffer()
                .appendByte((byte) compressed)
                .appendInt(message.length)
                .appendBytes(message);
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }
}
