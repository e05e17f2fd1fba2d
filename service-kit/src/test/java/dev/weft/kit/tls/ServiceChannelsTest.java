package dev.weft.kit.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.weft.testkit.TestCertificates;
import dev.weft.testkit.TestCertificates.Issued;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCredentials;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.TlsServerCredentials;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.quarkus.tls.BaseTlsConfiguration;
import io.quarkus.tls.CertificateUpdatedEvent;
import io.quarkus.tls.TlsConfiguration;
import io.vertx.core.Vertx;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SSLOptions;
import io.vertx.core.net.TrustOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ServiceChannelsTest {

    private static final Path FOLDER = Path.of("target/test-certificates").toAbsolutePath();
    private static final TestCertificates OURS = new TestCertificates(FOLDER.resolve("ours"));
    private static final TestCertificates THEIRS = new TestCertificates(FOLDER.resolve("theirs"));
    private static final Issued CALLER = OURS.issue("caller");
    private static final Issued SERVICE = OURS.issue("service");

    private static final MethodDescriptor<byte[], byte[]> SAY = MethodDescriptor.newBuilder(new Bytes(), new Bytes())
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("weft.test.v1.Echo/Say")
            .build();

    private final Vertx vertx = Vertx.vertx();
    private final List<Server> servers = new ArrayList<>();
    private final List<ManagedChannel> channels = new ArrayList<>();

    /** A message as it stands on the wire. */
    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** What the TLS registry gives, of certificates that can be replaced. */
    private static final class Certificates extends BaseTlsConfiguration {
        private final Path authority;
        private @Nullable Issued shown;

        private Certificates(Path authority, @Nullable Issued shown) {
            this.authority = authority;
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
            return shown == null
                    ? null
                    : new PemKeyCertOptions()
                            .setCertPath(shown.certificate().toString())
                            .setKeyPath(shown.key().toString());
        }

        @Override
        public SSLOptions getSSLOptions() {
            return new SSLOptions();
        }
    }

    @AfterEach
    void close() throws Exception {
        channels.forEach(ManagedChannel::shutdownNow);
        servers.forEach(Server::shutdownNow);
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private int listen(ServerCredentials credentials) throws IOException {
        Server server = Grpc.newServerBuilderForPort(0, credentials)
                .addService(ServerServiceDefinition.builder("weft.test.v1.Echo")
                        .addMethod(SAY, ServerCalls.asyncUnaryCall((request, observer) -> {
                            observer.onNext(request);
                            observer.onCompleted();
                        }))
                        .build())
                .build()
                .start();
        servers.add(server);
        return server.getPort();
    }

    /** A server that wants to see a certificate. */
    private int listen(Issued issued) throws IOException {
        return listen(TlsServerCredentials.newBuilder()
                .keyManager(issued.certificate().toFile(), issued.key().toFile())
                .trustManager(OURS.authority().toFile())
                .clientAuth(TlsServerCredentials.ClientAuth.REQUIRE)
                .build());
    }

    private ServiceChannels channels(TestCertificates trusted, @Nullable Issued shown) {
        return new ServiceChannels(new Certificates(trusted.authority(), shown), vertx);
    }

    private String ask(ServiceChannels by, String target) {
        ManagedChannel channel = by.to(target).build();
        channels.add(channel);
        byte[] answer = ClientCalls.blockingUnaryCall(
                channel,
                SAY,
                CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS),
                "here".getBytes(StandardCharsets.UTF_8));
        return new String(answer, StandardCharsets.UTF_8);
    }

    private Status refusal(ServiceChannels by, String target) {
        return Status.fromThrowable(catchThrowable(() -> ask(by, target)));
    }

    @Test
    void serviceIsCalledWithACertificateThatItWants() throws Exception {
        String target = "127.0.0.1:" + listen(SERVICE);

        assertThat(ask(channels(OURS, CALLER), target)).isEqualTo("here");
    }

    @Test
    void serviceThatAnotherAuthorityVouchesForIsNotCalled() throws Exception {
        String target = "127.0.0.1:" + listen(THEIRS.issue("service"));

        Status status = refusal(channels(OURS, CALLER), target);

        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(status.getDescription())
                .startsWith("the TLS handshake with " + target + " fails: ")
                .contains("trust anchors");
    }

    @Test
    void serviceIsCalledOnlyByTheNameItsCertificateSays() throws Exception {
        int port = listen(OURS.issue("named", "san=dns:localhost"));

        assertThat(ask(channels(OURS, CALLER), "localhost:" + port)).isEqualTo("here");
        assertThat(refusal(channels(OURS, CALLER), "127.0.0.1:" + port).getDescription())
                .startsWith("the TLS handshake with 127.0.0.1:" + port + " fails: ");
    }

    @Test
    void callerWithAForeignCertificateOrNoneIsRefused() throws Exception {
        String target = "127.0.0.1:" + listen(SERVICE);

        assertThat(refusal(channels(OURS, THEIRS.issue("caller")), target).getCode())
                .isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(refusal(channels(OURS, null), target).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }

    @Test
    void renewedCertificatesAreUsedForNewConnections() throws Exception {
        String target = "127.0.0.1:" + listen(SERVICE);
        Certificates certificates = new Certificates(OURS.authority(), null);
        ServiceChannels channels = new ServiceChannels(certificates, vertx);
        assertThat(refusal(channels, target).getCode()).isEqualTo(Status.Code.UNAVAILABLE);

        certificates.shown = CALLER;
        channels.updated(new CertificateUpdatedEvent("mesh", certificates));

        assertThat(ask(channels, target)).isEqualTo("here");
    }

    @Test
    void certificatesThatCannotBeReadLeaveThoseFromBefore() throws Exception {
        String target = "127.0.0.1:" + listen(SERVICE);
        ServiceChannels channels = channels(OURS, CALLER);

        channels.updated(new CertificateUpdatedEvent("mesh", new Certificates(FOLDER.resolve("none.crt"), CALLER)));

        assertThat(ask(channels, target)).isEqualTo("here");
    }

    @Test
    void certificatesThatCannotBeReadAtTheStartAreToldThen() {
        Certificates missing = new Certificates(FOLDER.resolve("none.crt"), CALLER);

        assertThatThrownBy(() -> new ServiceChannels(missing, vertx))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("quarkus.tls.mesh cannot be used: ");
    }

    @Test
    void withoutAConfigurationCallsAreInPlainText() throws Exception {
        String target = "127.0.0.1:" + listen(InsecureServerCredentials.create());

        assertThat(ask(new ServiceChannels((TlsConfiguration) null, vertx), target))
                .isEqualTo("here");
    }
}
