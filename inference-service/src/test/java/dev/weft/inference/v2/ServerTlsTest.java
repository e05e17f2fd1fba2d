package dev.weft.inference.v2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.ServerLiveRequest;
import dev.weft.testkit.TestCertificates;
import dev.weft.testkit.TestCertificates.Issued;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.TlsChannelCredentials;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.quarkus.tls.CertificateUpdatedEvent;
import io.quarkus.tls.TlsConfiguration;
import io.quarkus.tls.TlsConfigurationRegistry;
import jakarta.enterprise.event.Event;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A service that is called by TLS, with certificates on both sides. */
@QuarkusTest
@QuarkusTestResource(TestRepository.class)
@TestProfile(ServerTlsTest.WithCertificates.class)
class ServerTlsTest {

    private static final Path FOLDER = Path.of("target/test-certificates").toAbsolutePath();
    private static final TestCertificates OURS = new TestCertificates(FOLDER.resolve("ours"));
    private static final TestCertificates THEIRS = new TestCertificates(FOLDER.resolve("theirs"));
    private static final Issued SERVICE = OURS.issue("inference");
    private static final Issued CALLER = OURS.issue("gateway");

    /** Names the certificates. */
    public static final class WithCertificates implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "weft.tls.server", "mesh",
                    "quarkus.tls.mesh.key-store.pem.0.cert",
                            SERVICE.certificate().toString(),
                    "quarkus.tls.mesh.key-store.pem.0.key", SERVICE.key().toString(),
                    "quarkus.tls.mesh.trust-store.pem.certs", OURS.authority().toString());
        }
    }

    @Inject
    private TlsConfigurationRegistry registry;

    @Inject
    private Event<CertificateUpdatedEvent> updates;

    private static TlsChannelCredentials.Builder trusting(TestCertificates authority) throws IOException {
        return TlsChannelCredentials.newBuilder()
                .trustManager(authority.authority().toFile());
    }

    private static boolean isLive(ChannelCredentials credentials) {
        ManagedChannel channel = Grpc.newChannelBuilder("localhost:" + TestRepository.grpcPort(), credentials)
                .build();
        try {
            return GRPCInferenceServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(60, TimeUnit.SECONDS)
                    .serverLive(ServerLiveRequest.getDefaultInstance())
                    .getLive();
        } finally {
            channel.shutdownNow();
        }
    }

    private static ChannelCredentials caller(TestCertificates trusted, Issued shown) throws IOException {
        return trusting(trusted)
                .keyManager(shown.certificate().toFile(), shown.key().toFile())
                .build();
    }

    private static void assertNoConnection(ChannelCredentials credentials) {
        Throwable thrown = catchThrowable(() -> isLive(credentials));

        assertThat(Status.fromThrowable(thrown).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }

    @Test
    void callerWithTheRightCertificateIsServed() throws Exception {
        assertThat(isLive(caller(OURS, CALLER))).isTrue();
    }

    @Test
    void callerWithoutACertificateOrWithAForeignOneIsNot() throws Exception {
        assertNoConnection(trusting(OURS).build());
        assertNoConnection(caller(OURS, THEIRS.issue("gateway")));
    }

    @Test
    void callerThatDoesNotTrustTheServiceDoesNotCallIt() throws Exception {
        assertNoConnection(caller(THEIRS, CALLER));
    }

    @Test
    void callerInPlainTextIsNotServed() {
        assertNoConnection(InsecureChannelCredentials.create());
    }

    @Test
    void renewedCertificateIsUsedWithoutARestart() throws Exception {
        TlsConfiguration mesh = registry.get("mesh").orElseThrow();
        Path certificate = FOLDER.resolve("before.crt");
        Path key = FOLDER.resolve("before.key");
        Files.copy(SERVICE.certificate(), certificate, StandardCopyOption.REPLACE_EXISTING);
        Files.copy(SERVICE.key(), key, StandardCopyOption.REPLACE_EXISTING);
        Issued foreign = THEIRS.issue("inference");
        try {
            Files.copy(foreign.certificate(), SERVICE.certificate(), StandardCopyOption.REPLACE_EXISTING);
            Files.copy(foreign.key(), SERVICE.key(), StandardCopyOption.REPLACE_EXISTING);
            assertThat(mesh.reload()).isTrue();
            updates.fire(new CertificateUpdatedEvent("mesh", mesh));

            assertThat(isLive(caller(THEIRS, CALLER))).isTrue();
            assertNoConnection(caller(OURS, CALLER));
        } finally {
            Files.copy(certificate, SERVICE.certificate(), StandardCopyOption.REPLACE_EXISTING);
            Files.copy(key, SERVICE.key(), StandardCopyOption.REPLACE_EXISTING);
            assertThat(mesh.reload()).isTrue();
            updates.fire(new CertificateUpdatedEvent("mesh", mesh));
        }
        assertThat(isLive(caller(OURS, CALLER))).isTrue();
    }
}
