package dev.weft.inference.v2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.protocol.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.weft.protocol.inference.InferTensorContents;
import dev.weft.protocol.inference.ModelInferResponse;
import dev.weft.protocol.inference.ModelMetadataRequest;
import dev.weft.protocol.inference.ModelRepositoryParameter;
import dev.weft.protocol.inference.RepositoryModelLoadRequest;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.MetadataUtils;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls whose metadata says which model is meant; {@link MeantModelIT} runs the same against the packaged service. */
@QuarkusTest
@QuarkusTestResource(TestRepository.class)
class MeantModelTest {

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

    private GRPCInferenceServiceBlockingStub meaning(String header) {
        Metadata metadata = new Metadata();
        metadata.put(Metadata.Key.of("x-weft-model", Metadata.ASCII_STRING_MARSHALLER), header);
        return client.stub().withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata));
    }

    private static ModelInferResponse embed(GRPCInferenceServiceBlockingStub stub, String model) {
        InferTensorContents.Builder text = InferTensorContents.newBuilder()
                .addBytesContents(com.google.protobuf.ByteString.copyFromUtf8("Card payment"));
        return stub.modelInfer(V2Client.request(model, V2Client.input("TEXT", "BYTES", text, 1))
                .build());
    }

    @Test
    void metadataSaysWhichModelAndVersionIsMeant() {
        ModelInferResponse answer = embed(meaning("search@stable=all-minilm-l6-v2:1"), "search@stable");

        assertThat(answer.getModelName()).isEqualTo("all-minilm-l6-v2");
        assertThat(answer.getModelVersion()).isEqualTo("1");
        assertThat(meaning("search=all-minilm-l6-v2:1")
                        .modelMetadata(ModelMetadataRequest.newBuilder()
                                .setName("search")
                                .build())
                        .getName())
                .isEqualTo("all-minilm-l6-v2");
    }

    @Test
    void messageThatNamesAnotherModelMeansThat() {
        assertThat(embed(meaning("search=nope:1"), "all-minilm-l6-v2").getModelName())
                .isEqualTo("all-minilm-l6-v2");
    }

    @Test
    void metadataOfAnotherFormIsIgnored() {
        for (String header : new String[] {"all-minilm-l6-v2", "=x:1", "all-minilm-l6-v2=x", ":"}) {
            assertThat(embed(meaning(header), "all-minilm-l6-v2").getModelName())
                    .isEqualTo("all-minilm-l6-v2");
        }
    }

    @Test
    void parametersOfALoadThatDoNotGoTogetherAreNamed() {
        V2Client.assertRefused(() -> load("source_uri", "file:x@1"), Status.Code.INVALID_ARGUMENT, "together");
        V2Client.assertRefused(() -> load("version", "one"), Status.Code.INVALID_ARGUMENT, "parameters.version: 'one'");
        V2Client.assertRefused(() -> load("version", "77"), Status.Code.NOT_FOUND, "all-minilm-l6-v2:77");
    }

    private void load(String parameter, String value) {
        var _ = client.stub()
                .repositoryModelLoad(RepositoryModelLoadRequest.newBuilder()
                        .setModelName("all-minilm-l6-v2")
                        .putParameters(
                                parameter,
                                ModelRepositoryParameter.newBuilder()
                                        .setStringParam(value)
                                        .build())
                        .build());
    }
}
