package dev.weft.gateway.catalog.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.weft.gateway.fixtures.ScriptedInference;
import dev.weft.protocol.catalog.v1.ArchiveRequest;
import dev.weft.protocol.catalog.v1.CreateModelRequest;
import dev.weft.protocol.catalog.v1.DeleteAliasRequest;
import dev.weft.protocol.catalog.v1.GetModelRequest;
import dev.weft.protocol.catalog.v1.ListModelsRequest;
import dev.weft.protocol.catalog.v1.ListModelsResponse;
import dev.weft.protocol.catalog.v1.Model;
import dev.weft.protocol.catalog.v1.ModelCatalogGrpc;
import dev.weft.protocol.catalog.v1.ModelCatalogGrpc.ModelCatalogBlockingStub;
import dev.weft.protocol.catalog.v1.RegisterVersionRequest;
import dev.weft.protocol.catalog.v1.RegisterVersionResponse;
import dev.weft.protocol.catalog.v1.ResolveModelRequest;
import dev.weft.protocol.catalog.v1.ResolveModelResponse;
import dev.weft.protocol.catalog.v1.RestoreRequest;
import dev.weft.protocol.catalog.v1.Serving;
import dev.weft.protocol.catalog.v1.SetAliasRequest;
import dev.weft.protocol.catalog.v1.Split;
import dev.weft.protocol.catalog.v1.UpdateModelRequest;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferResponse;
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
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The catalog over gRPC; {@link CatalogServiceIT} runs the same against the packaged gateway. */
@QuarkusTest
@QuarkusTestResource(ScriptedInference.class)
class CatalogServiceTest {

    private static final String DIGEST = "fedcba9876543210".repeat(4);

    @TestHTTPResource
    private URI uri;

    private ManagedChannel channel;
    private final String model = "intents-" + UUID.randomUUID();

    @BeforeEach
    void connect() {
        channel = Grpc.newChannelBuilder(uri.getHost() + ":" + uri.getPort(), InsecureChannelCredentials.create())
                .build();
    }

    @AfterEach
    void disconnect() {
        channel.shutdownNow();
    }

    private ModelCatalogBlockingStub catalog() {
        return ModelCatalogGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    private RegisterVersionResponse register(RegisterVersionRequest.Builder version) {
        return catalog().registerVersion(version.setModel(model).build());
    }

    private Model get() {
        return catalog()
                .getModel(GetModelRequest.newBuilder().setName(model).build())
                .getModel();
    }

    private static void assertRefused(ThrowingCallable call, Status.Code code, String message) {
        assertThatThrownBy(call).isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
            assertThat(e.getStatus().getCode()).isEqualTo(code);
            assertThat(String.valueOf(e.getStatus().getDescription())).contains(message);
        });
    }

    @Test
    void versionIsRegisteredOnceAndResolved() {
        RegisterVersionRequest.Builder version = RegisterVersionRequest.newBuilder()
                .setSourceUri("pg:intents@" + DIGEST)
                .setManifestSha256(DIGEST)
                .putMetrics("accuracy", 0.91)
                .setAlias("stable");

        RegisterVersionResponse first = register(version);
        RegisterVersionResponse again = register(version);

        assertThat(first.getCreated()).isTrue();
        assertThat(again.getCreated()).isFalse();
        assertThat(again.getVersion()).isEqualTo(first.getVersion());
        assertThat(again.getModel().getRevision()).isEqualTo(first.getModel().getRevision());
        await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
            ResolveModelResponse resolved = catalog()
                    .resolveModel(ResolveModelRequest.newBuilder()
                            .setModel(model + "@stable")
                            .build());
            assertThat(resolved.getVersion()).isEqualTo(1);
            assertThat(resolved.getManifestSha256()).isEqualTo(DIGEST);
        });
    }

    @Test
    void changeNeedsTheRevisionThatItNames() {
        var _ = register(RegisterVersionRequest.newBuilder());
        SetAliasRequest.Builder change = SetAliasRequest.newBuilder()
                .setModel(model)
                .setAlias("stable")
                .addSplits(Split.newBuilder().setVersion(1).setPercent(100));

        assertRefused(
                () -> catalog().setAlias(change.clone().setExpectedRevision(99).build()),
                Status.Code.ABORTED,
                "expected: 99");
        Model changed = catalog()
                .setAlias(change.setExpectedRevision(get().getRevision()).build())
                .getModel();

        assertThat(changed.getAliases(0).getName()).isEqualTo("stable");
        assertThat(catalog()
                        .deleteAlias(DeleteAliasRequest.newBuilder()
                                .setModel(model)
                                .setAlias("stable")
                                .build())
                        .getModel()
                        .getAliasesList())
                .isEmpty();
    }

    @Test
    void modelIsMadeChangedArchivedAndRestored() {
        Serving serving =
                Serving.newBuilder().addPools("gpu").addFallbacks("embed").build();
        var _ = catalog()
                .createModel(CreateModelRequest.newBuilder()
                        .setName(model)
                        .setServing(serving)
                        .build());
        assertRefused(
                () -> catalog()
                        .createModel(
                                CreateModelRequest.newBuilder().setName(model).build()),
                Status.Code.ALREADY_EXISTS,
                model);

        Model changed = catalog()
                .updateModel(UpdateModelRequest.newBuilder()
                        .setName(model)
                        .setDescription("banking intents")
                        .build())
                .getModel();
        Model archived = catalog()
                .archive(ArchiveRequest.newBuilder().setModel(model).build())
                .getModel();
        Model restored = catalog()
                .restore(RestoreRequest.newBuilder().setModel(model).build())
                .getModel();

        assertThat(changed.getServing()).isEqualTo(serving);
        assertThat(changed.getDescription()).isEqualTo("banking intents");
        assertThat(archived.hasArchivedAt()).isTrue();
        assertThat(restored.hasArchivedAt()).isFalse();
        assertThat(restored.getRevision()).isEqualTo(4);
    }

    @Test
    void pagesFollowEachOther() {
        var _ = register(RegisterVersionRequest.newBuilder());
        String token = "";
        int found = 0;
        int pages = 0;
        do {
            ListModelsResponse page = catalog()
                    .listModels(ListModelsRequest.newBuilder()
                            .setPageSize(1)
                            .setIncludeArchived(true)
                            .setPageToken(token)
                            .build());
            found += (int) page.getModelsList().stream()
                    .filter(each -> each.getName().equals(model))
                    .count();
            token = page.getNextPageToken();
            pages++;
        } while (!token.isEmpty() && pages < 1_000);

        assertThat(found).isEqualTo(1);
    }

    @Test
    void callOverGrpcTellsWhoAnswered() {
        String name = "echo";
        var _ = catalog()
                .registerVersion(RegisterVersionRequest.newBuilder()
                        .setModel(name)
                        .setAlias("grpc")
                        .build());
        AtomicReference<Metadata> headers = new AtomicReference<>();
        AtomicReference<Metadata> trailers = new AtomicReference<>();

        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            ModelInferResponse answer = GRPCInferenceServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(30, TimeUnit.SECONDS)
                    .withInterceptors(MetadataUtils.newCaptureMetadataInterceptor(headers, trailers))
                    .modelInfer(ModelInferRequest.newBuilder()
                            .setModelName(name)
                            .setModelVersion("grpc")
                            .addRawInputContents(ByteString.copyFrom(new byte[1]))
                            .build());
            assertThat(headers.get().get(Metadata.Key.of("x-weft-backend", Metadata.ASCII_STRING_MARSHALLER)))
                    .isEqualTo(name + ":" + answer.getModelVersion());
        });
    }

    @Test
    void wrongFieldIsNamed() {
        assertRefused(
                () -> register(RegisterVersionRequest.newBuilder().setManifestSha256(DIGEST)),
                Status.Code.INVALID_ARGUMENT,
                "source_uri: missing");
        assertRefused(
                () -> catalog()
                        .getModel(GetModelRequest.newBuilder().setName("nobody").build()),
                Status.Code.NOT_FOUND,
                "nobody");
    }
}
