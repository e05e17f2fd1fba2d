package dev.weft.kit.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.weft.kit.error.Failure.Unavailable;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both ends of a call. */
class IdentityInterceptorsTest {

    private static final String SECRET = "the-secret-of-this-mesh";
    private static final ListenAddress LOOPBACK = new ListenAddress("127.0.0.1", "quarkus.grpc.server.host");

    private final Vertx vertx = Vertx.vertx();

    @TempDir
    private Path folder;

    @AfterEach
    void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private ServiceIdentity identity(String secret) {
        return new ServiceIdentity(
                IdentityConfigTest.config(Map.of("weft.identity.secrets", secret)), false, LOOPBACK, vertx);
    }

    private GuardedServer server(boolean frontDoor) throws Exception {
        return new GuardedServer(new IdentityServerInterceptor(identity(SECRET), frontDoor));
    }

    private static String call(GuardedServer server, ServiceIdentity caller) {
        return ClientCalls.blockingUnaryCall(
                ClientInterceptors.intercept(server.channel(), new IdentityClientInterceptor(caller)),
                GuardedServer.SAY,
                CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS),
                "hello");
    }

    @Test
    void callWithTheTokenIsServed() throws Exception {
        try (GuardedServer server = server(false)) {
            assertThat(call(server, identity(SECRET))).isEqualTo("hello");
        }
    }

    @Test
    void callWithoutTheTokenIsRefusedBeforeTheServiceSeesIt() throws Exception {
        try (GuardedServer server = server(false)) {
            Throwable none = catchThrowable(() -> server.call(GuardedServer.SAY, null));
            Throwable wrong = catchThrowable(() -> server.call(GuardedServer.SAY, "Bearer a-secret-of-another-mesh"));

            assertThat(GuardedServer.code(none)).isEqualTo(Status.Code.UNAUTHENTICATED);
            assertThat(GuardedServer.code(wrong)).isEqualTo(Status.Code.UNAUTHENTICATED);
            assertThat(wrong).hasMessageNotContaining("a-secret-of-another-mesh");
            assertThat(server.served()).isZero();
        }
    }

    @Test
    void healthIsForEverybodyAndReflectionIsNot() throws Exception {
        try (GuardedServer server = server(false)) {
            assertThat(server.call(GuardedServer.HEALTH, null)).isEqualTo("hello");
            Throwable reflection = catchThrowable(() -> server.call(GuardedServer.REFLECTION, null));
            assertThat(GuardedServer.code(reflection)).isEqualTo(Status.Code.UNAUTHENTICATED);
        }
    }

    @Test
    void frontDoorAsksNobodyForAServicesToken() throws Exception {
        try (GuardedServer server = server(true)) {
            assertThat(server.call(GuardedServer.SAY, "Bearer a-clients-key")).isEqualTo("hello");
        }
    }

    @Test
    void callerThatIsRefusedIsUnavailable() throws Exception {
        try (GuardedServer server = server(false)) {
            assertThatThrownBy(() -> call(server, identity("a-secret-of-another-mesh")))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE))
                    .hasMessageContaining("refuses this service's calls");
        }
    }

    @Test
    void callerThatIsRefusedIsUnavailableWhosoeverTokenHeBringsAlong() throws Exception {
        try (GuardedServer server = server(false)) {
            Throwable failure = catchThrowable(() -> ClientCalls.blockingUnaryCall(
                    ClientInterceptors.intercept(
                            server.channel(), new IdentityClientInterceptor(identity("a-secret-of-another-mesh"))),
                    GuardedServer.SAY,
                    CallOptions.DEFAULT
                            .withDeadlineAfter(20, TimeUnit.SECONDS)
                            .withOption(IdentityClientInterceptor.WITH_OTHER_TOKEN, true),
                    "hello"));

            assertThat(GuardedServer.code(failure)).isEqualTo(Status.Code.UNAVAILABLE);
        }
    }

    /** A server whose caller's token somebody has to be asked about. */
    private GuardedServer pending(CompletableFuture<Verdict> verdict) throws Exception {
        Path token = Files.writeString(folder.resolve("token"), "own");
        ServiceIdentity identity =
                new ServiceIdentity(
                        IdentityConfigTest.config(Map.of(
                                "weft.identity.mode", "kubernetes",
                                "weft.identity.kubernetes.service-accounts", "weft/gateway",
                                "weft.identity.kubernetes.api-server", "http://127.0.0.1:1",
                                "weft.identity.kubernetes.token-file", token.toString(),
                                "weft.identity.kubernetes.api-token-file", token.toString())),
                        false,
                        LOOPBACK,
                        vertx) {
                    @Override
                    public Verdict verify(@Nullable String authorization) {
                        return new Verdict.Pending(verdict);
                    }
                };
        return new GuardedServer(new IdentityServerInterceptor(identity, false));
    }

    @Test
    void callThatWaitsForItsVerdictIsServedOrRefusedWhenItIsThere() throws Exception {
        CompletableFuture<Verdict> good = new CompletableFuture<>();
        CompletableFuture<Verdict> bad = new CompletableFuture<>();
        try (GuardedServer serving = pending(good);
                GuardedServer refusing = pending(bad);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            CompletableFuture<String> served =
                    CompletableFuture.supplyAsync(() -> serving.call(GuardedServer.SAY, "Bearer x"), threads);
            CompletableFuture<String> refused =
                    CompletableFuture.supplyAsync(() -> refusing.call(GuardedServer.SAY, "Bearer x"), threads);
            // Both have arrived when both wait.
            await().until(() -> good.getNumberOfDependents() + bad.getNumberOfDependents() == 2);
            assertThat(serving.served()).isZero();

            good.complete(Verdict.ACCEPTED);
            bad.complete(new Verdict.Refused(new Unavailable("nobody to ask")));

            assertThat(served.get(20, TimeUnit.SECONDS)).isEqualTo("hello");
            Throwable failure = catchThrowable(() -> refused.get(20, TimeUnit.SECONDS));
            assertThat(failure).rootCause().hasMessageContaining("nobody to ask");
            assertThat(refusing.served()).isZero();
        }
    }

    @Test
    void reviewerThatIsAwayMakesTheCallUnavailable() throws Exception {
        Path token = Files.writeString(folder.resolve("token"), "own");
        ServiceIdentity identity = new ServiceIdentity(
                IdentityConfigTest.config(Map.of(
                        "weft.identity.mode", "kubernetes",
                        "weft.identity.kubernetes.service-accounts", "weft/gateway",
                        "weft.identity.kubernetes.api-server", "http://127.0.0.1:1",
                        "weft.identity.kubernetes.token-file", token.toString(),
                        "weft.identity.kubernetes.api-token-file", token.toString())),
                false,
                LOOPBACK,
                vertx);
        try (GuardedServer server = new GuardedServer(new IdentityServerInterceptor(identity, false))) {
            Throwable failure = catchThrowable(() -> call(server, identity));

            assertThat(GuardedServer.code(failure)).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(failure).hasMessageContaining("cannot be reviewed now");
        } finally {
            identity.stop();
        }
    }
}
