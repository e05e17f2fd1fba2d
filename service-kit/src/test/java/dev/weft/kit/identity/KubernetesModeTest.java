package dev.weft.kit.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.weft.testkit.TestCertificates;
import dev.weft.testkit.TestCertificates.Issued;
import io.grpc.Status;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.PemKeyCertOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A service that has an API server, which speaks TLS, review its callers' tokens. */
class KubernetesModeTest {

    private static final Path FOLDER = Path.of("target/test-certificates").toAbsolutePath();
    private static final TestCertificates OURS = new TestCertificates(FOLDER.resolve("ours"));
    private static final TestCertificates THEIRS = new TestCertificates(FOLDER.resolve("theirs"));
    private static final Issued SERVER = OURS.issue("kubernetes");

    private final Vertx vertx = Vertx.vertx();
    private final AtomicInteger reviews = new AtomicInteger();
    private int port;

    @TempDir
    private Path folder;

    @BeforeEach
    void listen() throws Exception {
        HttpServer server = vertx.createHttpServer(new HttpServerOptions()
                        .setSsl(true)
                        .setKeyCertOptions(new PemKeyCertOptions()
                                .setCertPath(SERVER.certificate().toString())
                                .setKeyPath(SERVER.key().toString())))
                .requestHandler(request -> request.bodyHandler(body -> review(request, new JsonObject(body))))
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
        port = server.actualPort();
    }

    @AfterEach
    void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    /** Tokens are {@code NAMESPACE.NAME}. */
    private void review(HttpServerRequest request, JsonObject asked) {
        reviews.incrementAndGet();
        String token = asked.getJsonObject("spec").getString("token");
        String user = "system:serviceaccount:" + token.replace('.', ':');
        JsonObject status = new JsonObject()
                .put("authenticated", true)
                .put("audiences", new JsonArray().add("weft"))
                .put("user", new JsonObject().put("username", user));
        request.response()
                .setStatusCode("Bearer own".equals(request.getHeader("authorization")) ? 201 : 401)
                .end(new JsonObject().put("status", status).toBuffer());
    }

    private ServiceIdentity identity(Path authority) throws Exception {
        return new ServiceIdentity(
                IdentityConfigTest.config(Map.of(
                        "weft.identity.mode",
                        "kubernetes",
                        "weft.identity.reload-interval",
                        "10ms",
                        "weft.identity.kubernetes.service-accounts",
                        "weft/gateway,weft/training",
                        "weft.identity.kubernetes.api-server",
                        "https://localhost:" + port,
                        "weft.identity.kubernetes.api-ca-file",
                        authority.toString(),
                        "weft.identity.kubernetes.api-token-file",
                        Files.writeString(folder.resolve("own"), "own\n").toString(),
                        "weft.identity.kubernetes.review-timeout",
                        "20s",
                        "weft.identity.kubernetes.token-file",
                        Files.writeString(folder.resolve("shown"), "weft.inference\n")
                                .toString())),
                false,
                new ListenAddress("0.0.0.0", "quarkus.grpc.server.host"),
                vertx);
    }

    @Test
    void serviceAccountsThatAreAllowedAreServedAndReviewedOnce() throws Exception {
        ServiceIdentity identity = identity(OURS.authority());
        try (GuardedServer server = new GuardedServer(new IdentityServerInterceptor(identity, false))) {
            for (int i = 0; i < 10; i++) {
                assertThat(server.call(GuardedServer.SAY, "Bearer weft.gateway"))
                        .isEqualTo("hello");
            }
            Throwable stranger = catchThrowable(() -> server.call(GuardedServer.SAY, "Bearer other.gateway"));

            assertThat(GuardedServer.code(stranger)).isEqualTo(Status.Code.UNAUTHENTICATED);
            assertThat(reviews).hasValue(2);
            assertThat(identity.authorization()).isEqualTo("Bearer weft.inference");
        } finally {
            identity.stop();
        }
    }

    @Test
    void serverThatAnotherAuthorityVouchesForIsNotAskedUntilItIsTrusted() throws Exception {
        Path authority = Files.copy(THEIRS.authority(), folder.resolve("ca.crt"));
        ServiceIdentity identity = identity(authority);
        try (GuardedServer server = new GuardedServer(new IdentityServerInterceptor(identity, false))) {
            Throwable failure = catchThrowable(() -> server.call(GuardedServer.SAY, "Bearer weft.gateway"));

            assertThat(GuardedServer.code(failure)).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(reviews)
                    .as("a token shown to whoever pretends to be the API server")
                    .hasValue(0);

            Files.copy(OURS.authority(), authority, StandardCopyOption.REPLACE_EXISTING);

            await().untilAsserted(() -> assertThat(
                            catchThrowable(() -> server.call(GuardedServer.SAY, "Bearer weft.gateway")))
                    .isNull());
        } finally {
            identity.stop();
        }
    }
}
