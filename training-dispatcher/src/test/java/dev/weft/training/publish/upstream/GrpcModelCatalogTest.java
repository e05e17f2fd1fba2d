package dev.weft.training.publish.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.catalog.v1.Alias;
import dev.weft.protocol.catalog.v1.GetModelRequest;
import dev.weft.protocol.catalog.v1.GetModelResponse;
import dev.weft.protocol.catalog.v1.Model;
import dev.weft.protocol.catalog.v1.ModelCatalogGrpc;
import dev.weft.protocol.catalog.v1.RegisterVersionRequest;
import dev.weft.protocol.catalog.v1.RegisterVersionResponse;
import dev.weft.protocol.catalog.v1.SetAliasRequest;
import dev.weft.protocol.catalog.v1.SetAliasResponse;
import dev.weft.protocol.catalog.v1.Split;
import dev.weft.protocol.catalog.v1.Version;
import dev.weft.store.Manifest;
import dev.weft.store.ModelUri;
import dev.weft.store.Published;
import dev.weft.training.job.JobFixture;
import dev.weft.training.publish.ModelCatalog;
import dev.weft.training.publish.PublishConfig;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GrpcModelCatalogTest {

    private final ScriptedCatalog scripted = new ScriptedCatalog();
    private Server server;
    private GrpcModelCatalog catalog;

    @BeforeEach
    void start() throws IOException {
        server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
                .addService(scripted)
                .build()
                .start();
        catalog = new GrpcModelCatalog(
                JobFixture.config(
                        PublishConfig.class,
                        Map.of("weft.training.publish.catalog-target", "127.0.0.1:" + server.getPort())),
                () -> null,
                target -> Grpc.newChannelBuilder(target, InsecureChannelCredentials.create()));
    }

    @AfterEach
    void stop() {
        catalog.close();
        server.shutdownNow();
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(30));
    }

    @Test
    void packageIsRegisteredWithWhatIsKnownOfIt() {
        Manifest manifest = new Manifest(List.of(new Manifest.Entry("config.json", 7, "a".repeat(64))));

        long version = catalog.register(
                "intents",
                new Published(ModelUri.parse("pg:intents@v1"), manifest),
                Map.of("accuracy", 0.9),
                Map.of("training-job", "t1"),
                soon());

        assertThat(version).isEqualTo(7);
        assertThat(scripted.registered).singleElement().satisfies(request -> {
            assertThat(request.getSourceUri()).isEqualTo("pg:intents@v1");
            assertThat(request.getManifestSha256()).isEqualTo(manifest.digest());
            assertThat(request.getSizeBytes()).isEqualTo(7);
            assertThat(request.getMetricsMap()).containsEntry("accuracy", 0.9);
            assertThat(request.getLabelsMap()).containsEntry("training-job", "t1");
        });
    }

    @Test
    void currentVersionIsTheAliases() {
        scripted.model = Model.newBuilder()
                .setRevision(12)
                .addVersions(Version.newBuilder().setNumber(1).putMetrics("accuracy", 0.7))
                .addVersions(Version.newBuilder().setNumber(2).putMetrics("accuracy", 0.8))
                .addAliases(Alias.newBuilder()
                        .setName("latest")
                        .addSplits(Split.newBuilder().setVersion(2).setPercent(100)))
                .addAliases(Alias.newBuilder()
                        .setName("stable")
                        .addSplits(Split.newBuilder().setVersion(1).setPercent(100)))
                .addAliases(Alias.newBuilder()
                        .setName("mixed")
                        .addSplits(Split.newBuilder().setVersion(1).setPercent(50))
                        .addSplits(Split.newBuilder().setVersion(2).setPercent(50)))
                .build();

        assertThat(catalog.current("intents", "stable", soon()))
                .contains(new ModelCatalog.Current(1, 12, Map.of("accuracy", 0.7)));
        assertThat(catalog.current("intents", "mixed", soon())).isEmpty();
        assertThat(catalog.current("intents", "other", soon())).isEmpty();
    }

    @Test
    void modelThatIsNotThereHasNoCurrentVersion() {
        scripted.failure = Status.NOT_FOUND;

        assertThat(catalog.current("intents", "stable", soon())).isEmpty();
    }

    @Test
    void promotionNamesTheRevisionThatItWasDecidedOn() {
        catalog.promote("intents", "stable", 3, 12, soon());

        assertThat(scripted.aliases).singleElement().satisfies(request -> {
            assertThat(request.getExpectedRevision()).isEqualTo(12);
            assertThat(request.getSplitsList())
                    .containsExactly(
                            Split.newBuilder().setVersion(3).setPercent(100).build());
        });
    }

    @Test
    void failuresKeepTheirMeaning() throws Exception {
        scripted.failure = Status.ABORTED;
        assertThatThrownBy(() -> catalog.promote("intents", "stable", 3, 12, soon()))
                .isInstanceOf(Failure.Aborted.class);

        // Until it is gone it resets what comes, as cancelled.
        assertThat(server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        assertThatThrownBy(() -> catalog.promote("intents", "stable", 3, 12, soon()))
                .isInstanceOf(Failure.Unavailable.class);
    }

    private static final class ScriptedCatalog extends ModelCatalogGrpc.ModelCatalogImplBase {

        private final List<RegisterVersionRequest> registered = new CopyOnWriteArrayList<>();
        private final List<SetAliasRequest> aliases = new CopyOnWriteArrayList<>();
        private volatile Model model = Model.getDefaultInstance();
        private volatile Status failure = Status.OK;

        private <T> void answer(StreamObserver<T> observer, T answer) {
            if (!failure.isOk()) {
                observer.onError(failure.asRuntimeException());
                return;
            }
            observer.onNext(answer);
            observer.onCompleted();
        }

        @Override
        public void registerVersion(RegisterVersionRequest request, StreamObserver<RegisterVersionResponse> observer) {
            registered.add(request);
            answer(
                    observer,
                    RegisterVersionResponse.newBuilder()
                            .setVersion(Version.newBuilder().setNumber(7))
                            .build());
        }

        @Override
        public void getModel(GetModelRequest request, StreamObserver<GetModelResponse> observer) {
            answer(observer, GetModelResponse.newBuilder().setModel(model).build());
        }

        @Override
        public void setAlias(SetAliasRequest request, StreamObserver<SetAliasResponse> observer) {
            aliases.add(request);
            answer(observer, SetAliasResponse.getDefaultInstance());
        }
    }
}
