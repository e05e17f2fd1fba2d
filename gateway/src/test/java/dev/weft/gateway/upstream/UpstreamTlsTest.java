package dev.weft.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.gateway.routing.Replica;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.ServerReadyRequest;
import dev.weft.protocol.inference.ServerReadyResponse;
import dev.weft.testkit.TestCertificates;
import dev.weft.testkit.TestCertificates.Issued;
import io.quarkus.tls.BaseTlsConfiguration;
import io.quarkus.tls.CertificateUpdatedEvent;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SSLOptions;
import io.vertx.core.net.TrustOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Calls to a replica that speaks TLS and wants to see a certificate. */
class UpstreamTlsTest {

    private static final Path FOLDER = Path.of("target/test-certificates").toAbsolutePath();
    private static final TestCertificates OURS = new TestCertificates(FOLDER.resolve("ours"));
    private static final TestCertificates THEIRS = new TestCertificates(FOLDER.resolve("theirs"));
    private static final Issued CALLER = OURS.issue("gateway");
    private static final Issued SERVICE = OURS.issue("inference");

    private final Vertx vertx = Vertx.vertx();

    /** What the TLS registry gives, of certificates that can be replaced. */
    private static final class Certificates extends BaseTlsConfiguration {
        private Path authority;
        private @Nullable Issued shown;

        private Certificates(TestCertificates trusted, @Nullable Issued shown) {
            this.authority = trusted.authority();
            this.shown = shown;
        }

        @Override
        public String getName() {
            return "mesh";
        }

        @Override
        public TrustOptions getTrustStoreOptions() {
            return new PemTrustOptions().addCertPath(authority.toString());
        }

        @Override
        public @Nullable KeyCertOptions getKeyStoreOptions() {
            return shown == null ? null : pem(shown);
        }

        @Override
        public SSLOptions getSSLOptions() {
            return new SSLOptions().setTrustOptions(getTrustStoreOptions()).setKeyCertOptions(getKeyStoreOptions());
        }
    }

    private static PemKeyCertOptions pem(Issued issued) {
        return new PemKeyCertOptions()
                .setCertPath(issued.certificate().toString())
                .setKeyPath(issued.key().toString());
    }

    @AfterEach
    void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private int listen(Issued issued) throws Exception {
        HttpServer server = vertx.createHttpServer(new HttpServerOptions()
                        .setSsl(true)
                        .setUseAlpn(true)
                        .setKeyCertOptions(pem(issued))
                        .setTrustOptions(new PemTrustOptions()
                                .addCertPath(OURS.authority().toString()))
                        .setClientAuth(ClientAuth.REQUIRED))
                .requestHandler(request -> request.response()
                        .putHeader("content-type", "application/grpc")
                        .putTrailer("grpc-status", "0")
                        .end(ReplicaConnections.message(
                                ServerReadyResponse.newBuilder().setReady(true).build())))
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
        return server.actualPort();
    }

    private ReplicaConnections upstream(@Nullable Certificates tls) {
        return new ReplicaConnections(1_000, vertx, new Credentials(() -> null, tls));
    }

    private static boolean isReady(ReplicaConnections upstream, Replica replica) {
        return upstream.callOf(
                        replica,
                        Deadline.after(Duration.ofSeconds(30)),
                        GRPCInferenceServiceGrpc.getServerReadyMethod(),
                        ServerReadyRequest.getDefaultInstance())
                .getReady();
    }

    private static void assertRefused(ReplicaConnections upstream, Replica replica) {
        assertThatThrownBy(() -> isReady(upstream, replica))
                .isInstanceOf(Unavailable.class)
                .hasMessage("inference-service at " + replica.id() + " fails the TLS handshake");
        assertThat(replica.trouble())
                .startsWith("fails the TLS handshake: ")
                .doesNotContain("Failed to create SSL connection");
    }

    @Test
    void replicaIsCalledByTheNameItsCertificateSays() throws Exception {
        Issued named = OURS.issue("named", "san=dns:inference.weft.svc");
        String address = "127.0.0.1:" + listen(named);
        ReplicaConnections upstream = upstream(new Certificates(OURS, CALLER));

        assertThat(isReady(upstream, new Replica(address, "default", "inference.weft.svc")))
                .isTrue();
        assertRefused(upstream, new Replica(address, "default", "localhost"));
    }

    @Test
    void replicaThatAnotherAuthorityVouchesForIsNotCalled() throws Exception {
        Replica replica = new Replica("127.0.0.1:" + listen(SERVICE), "default", "localhost");

        assertThat(isReady(upstream(new Certificates(OURS, CALLER)), replica)).isTrue();
        assertRefused(upstream(new Certificates(THEIRS, CALLER)), replica);
    }

    @Test
    void replicaWantsToSeeACertificate() throws Exception {
        Replica replica = new Replica("127.0.0.1:" + listen(SERVICE), "default", "localhost");

        assertThatThrownBy(() -> isReady(upstream(new Certificates(OURS, null)), replica))
                .isInstanceOf(Unavailable.class);
        assertThatThrownBy(() -> isReady(upstream(new Certificates(OURS, THEIRS.issue("gateway"))), replica))
                .isInstanceOf(Unavailable.class);
        assertThatThrownBy(() -> isReady(upstream(null), replica)).isInstanceOf(Unavailable.class);
    }

    @Test
    void renewedCertificatesAreUsedForNewConnections() throws Exception {
        Replica first = new Replica("127.0.0.1:" + listen(SERVICE), "default", "localhost");
        Replica second = new Replica("127.0.0.1:" + listen(SERVICE), "default", "localhost");
        Certificates certificates = new Certificates(OURS, null);
        ReplicaConnections upstream = upstream(certificates);
        assertThatThrownBy(() -> isReady(upstream, first)).isInstanceOf(Unavailable.class);

        certificates.shown = CALLER;
        upstream.updated(new CertificateUpdatedEvent("mesh", certificates));

        assertThat(isReady(upstream, second)).isTrue();
        assertThat(isReady(upstream, first)).isTrue();
    }
}
