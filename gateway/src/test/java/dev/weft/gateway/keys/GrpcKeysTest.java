package dev.weft.gateway.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.weft.gateway.fixtures.Http;
import dev.weft.gateway.fixtures.KeyClient;
import dev.weft.gateway.fixtures.KeysProfile;
import dev.weft.gateway.fixtures.ScriptedInference;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferRequest.InferInputTensor;
import dev.weft.protocol.inference.RepositoryIndexRequest;
import dev.weft.protocol.inference.RepositoryModelLoadRequest;
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
import io.quarkus.test.junit.TestProfile;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys over gRPC, passed on or answered here; {@link GrpcKeysIT} runs the same against the packaged gateway. */
@QuarkusTest
@TestProfile(KeysProfile.class)
@QuarkusTestResource(ScriptedInference.class)
class GrpcKeysTest {

    @TestHTTPResource
    private URI uri;

    private KeyClient keys;
    private ManagedChannel channel;

    @BeforeEach
    void connect() {
        keys = new KeyClient(new Http(uri));
        channel = Grpc.newChannelBuilder(uri.getHost() + ":" + uri.getPort(), InsecureChannelCredentials.create())
                .maxInboundMessageSize(64 << 20)
                .build();
    }

    @AfterEach
    void disconnect() {
        channel.shutdownNow();
    }

    private GRPCInferenceServiceBlockingStub stub(Map<String, String> metadata) {
        Metadata headers = new Metadata();
        metadata.forEach((name, value) -> headers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value));
        return GRPCInferenceServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    private GRPCInferenceServiceBlockingStub stub(KeyClient.MadeKey key) {
        return stub(Map.of("authorization", "Bearer " + key.text()));
    }

    private static ModelInferRequest request(String model, int bytes) {
        return ModelInferRequest.newBuilder()
                .setModelName(model)
                .addInputs(InferInputTensor.newBuilder()
                        .setName("X")
                        .setDatatype("INT8")
                        .addShape(bytes))
                .addRawInputContents(ByteString.copyFrom(new byte[bytes]))
                .build();
    }

    private static Status.Code code(Runnable call) {
        StatusRuntimeException thrown = catchThrowableOfType(StatusRuntimeException.class, call::run);
        return thrown == null ? Status.Code.OK : thrown.getStatus().getCode();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8 << 20})
    void callWithoutAKeyIsRefusedWhateverItsSize(int bytes) {
        StatusRuntimeException refused = catchThrowableOfType(
                StatusRuntimeException.class, () -> stub(Map.of()).modelInfer(request("echo", bytes)));

        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
        assertThat(refused.getStatus().getDescription()).startsWith("key: missing");
    }

    @Test
    void keyLetsItsClientInAndGoesNoFurther() {
        KeyClient.MadeKey key = keys.create("infer");
        ScriptedInference.METADATA.clear();

        stub(key).modelInfer(request("echo", 1));
        stub(Map.of("x-api-key", key.text(), "x-priority", "batch")).modelInfer(request("echo", 1));

        await().untilAsserted(() -> assertThat(ScriptedInference.METADATA)
                .anySatisfy(seen -> assertThat(seen).containsEntry("x-priority", "batch")));
        assertThat(ScriptedInference.METADATA).allSatisfy(seen -> assertThat(seen)
                .containsEntry("authorization", "Bearer " + ScriptedInference.TOKEN)
                .doesNotContainKey("x-api-key"));
    }

    @Test
    void scopesBoundWhatAKeyMayCall() {
        KeyClient.MadeKey embedding = keys.create("embed");
        KeyClient.MadeKey inferring = keys.create("infer");
        RepositoryModelLoadRequest load =
                RepositoryModelLoadRequest.newBuilder().setModelName("echo").build();

        assertThat(code(() -> stub(embedding).modelInfer(request("echo", 1)))).isEqualTo(Status.Code.PERMISSION_DENIED);
        assertThat(code(() -> stub(inferring).repositoryModelLoad(load))).isEqualTo(Status.Code.PERMISSION_DENIED);
        assertThat(code(() -> stub(Map.of("authorization", "Bearer " + KeysProfile.ADMIN))
                        .repositoryModelLoad(load)))
                .isEqualTo(Status.Code.OK);
        assertThat(code(() -> stub(Map.of()).serverReady(ServerReadyRequest.getDefaultInstance())))
                .isEqualTo(Status.Code.OK);
    }

    @Test
    void otherModelsThanThoseOfTheKeyAreRefused() {
        KeyClient.MadeKey key = keys.create("infer", ", \"models\": [\"num*\"]");

        assertThat(code(() -> stub(key).modelInfer(request("echo", 1)))).isEqualTo(Status.Code.PERMISSION_DENIED);
        assertThat(code(() -> stub(key).modelInfer(request("echo", 8 << 20)))).isEqualTo(Status.Code.PERMISSION_DENIED);
        assertThat(code(() -> stub(key).modelInfer(request("numbers", 1)))).isEqualTo(Status.Code.OK);
    }

    @Test
    void serviceIsToldWhichModelTheCheckWasAbout() {
        KeyClient.MadeKey key = keys.create("infer", ", \"models\": [\"numbers\"]");
        ScriptedInference.METADATA.clear();

        stub(key).modelInfer(request("numbers", 1));

        await().untilAsserted(() -> assertThat(ScriptedInference.METADATA)
                .anySatisfy(seen -> assertThat(seen).containsEntry("weft-only-model-bin", "numbers")));
    }

    @Test
    void repositoryIsAnsweredHereForTheModelsOfTheKey() {
        KeyClient.MadeKey all = keys.create("infer");
        KeyClient.MadeKey one = keys.create("infer", ", \"models\": [\"bad\"]");
        RepositoryIndexRequest index = RepositoryIndexRequest.getDefaultInstance();

        assertThat(stub(all).repositoryIndex(index).getModelsCount()).isEqualTo(3);
        assertThat(stub(one).repositoryIndex(index).getModelsList())
                .singleElement()
                .extracting(model -> model.getName())
                .isEqualTo("bad");
        assertThat(code(() -> stub(Map.of()).repositoryIndex(index))).isEqualTo(Status.Code.UNAUTHENTICATED);
    }

    @Test
    void revokedKeyIsRefused() {
        KeyClient.MadeKey key = keys.create("infer");
        stub(key).modelInfer(request("echo", 1));

        keys.revoke(key);

        assertThat(code(() -> stub(key).modelInfer(request("echo", 1)))).isEqualTo(Status.Code.UNAUTHENTICATED);
    }
}
