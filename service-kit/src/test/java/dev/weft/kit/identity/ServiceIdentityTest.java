package dev.weft.kit.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServiceIdentityTest {

    private static final String SECRET = "the-secret-of-this-mesh";
    private static final ListenAddress LOOPBACK = new ListenAddress("127.0.0.1", "quarkus.grpc.server.host");
    private static final ListenAddress ANYWHERE = new ListenAddress("0.0.0.0", "quarkus.grpc.server.host");

    private final Vertx vertx = Vertx.vertx();
    private final List<ServiceIdentity> made = new ArrayList<>();

    @TempDir
    private Path folder;

    @AfterEach
    void close() throws Exception {
        made.forEach(ServiceIdentity::stop);
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private ServiceIdentity identity(Map<String, String> settings, boolean frontDoor, ListenAddress address) {
        ServiceIdentity identity = new ServiceIdentity(IdentityConfigTest.config(settings), frontDoor, address, vertx);
        made.add(identity);
        return identity;
    }

    private static void start(ServiceIdentity identity) {
        identity.start(new StartupEvent());
    }

    @Test
    void onLoopbackNothingHasToBeConfigured() {
        ServiceIdentity identity = identity(Map.of(), false, LOOPBACK);

        assertThatCode(() -> start(identity)).doesNotThrowAnyException();
        assertThat(identity.verify(null)).isEqualTo(Verdict.ACCEPTED);
        assertThat(identity.authorization()).isNull();
    }

    @Test
    void elsewhereAServiceThatKnowsNobodyDoesNotStartAndSaysWhatToSet() {
        ServiceIdentity identity = identity(Map.of(), false, ANYWHERE);

        assertThatThrownBy(() -> start(identity))
                .hasMessageStartingWith("quarkus.grpc.server.host: 0.0.0.0")
                .hasMessageContainingAll("WEFT_IDENTITY_SECRET_FILE", "weft.identity.mode=kubernetes", "mode=none");
        assertThat(identity.verify(null)).isInstanceOf(Verdict.Refused.class);
    }

    @Test
    void everybodyMayBeLetInExplicitly() {
        ServiceIdentity identity = identity(Map.of("weft.identity.mode", "none"), false, ANYWHERE);

        assertThatCode(() -> start(identity)).doesNotThrowAnyException();
        assertThat(identity.verify(null)).isEqualTo(Verdict.ACCEPTED);
    }

    @Test
    void frontDoorListensAnywhereAndKnowsNoServiceUnlessToldHow() {
        ServiceIdentity without = identity(Map.of(), true, ANYWHERE);
        ServiceIdentity with = identity(Map.of("weft.identity.secrets", SECRET), true, ANYWHERE);

        assertThatCode(() -> start(without)).doesNotThrowAnyException();
        assertThat(without.verify("Bearer " + SECRET)).isInstanceOf(Verdict.Refused.class);
        assertThat(with.verify("Bearer " + SECRET)).isEqualTo(Verdict.ACCEPTED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bearer ", "bearer ", "BEARER "})
    void sharedSecretIsShownAndAsked(String scheme) {
        ServiceIdentity identity = identity(Map.of("weft.identity.secrets", SECRET), false, ANYWHERE);

        assertThatCode(() -> start(identity)).doesNotThrowAnyException();
        assertThat(identity.authorization()).isEqualTo("Bearer " + SECRET);
        assertThat(identity.verify(scheme + SECRET)).isEqualTo(Verdict.ACCEPTED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Bearer", "Bearer ", "Basic dTpw", SECRET, "Bearer another-secret-of-a-mesh"})
    void anythingElseIsRefusedEvenOnLoopback(String authorization) {
        ServiceIdentity identity = identity(Map.of("weft.identity.secrets", SECRET), false, LOOPBACK);

        assertThat(identity.verify(authorization)).isInstanceOf(Verdict.Refused.class);
        assertThat(identity.verify(null)).isInstanceOf(Verdict.Refused.class);
    }

    @Test
    void secretInAFileIsChangedWithoutARestart() throws Exception {
        Path file = Files.writeString(folder.resolve("secret"), SECRET + "\n");
        ServiceIdentity identity = identity(
                Map.of("weft.identity.secret-file", file.toString(), "weft.identity.reload-interval", "10ms"),
                false,
                ANYWHERE);
        assertThat(identity.authorization()).isEqualTo("Bearer " + SECRET);

        Files.writeString(file, "the-next-secret-of-this-mesh\n" + SECRET + "\n");

        await().untilAsserted(
                        () -> assertThat(identity.authorization()).isEqualTo("Bearer the-next-secret-of-this-mesh"));
        assertThat(identity.verify("Bearer " + SECRET)).isEqualTo(Verdict.ACCEPTED);

        Files.writeString(file, "the-next-secret-of-this-mesh\n");

        await().untilAsserted(
                        () -> assertThat(identity.verify("Bearer " + SECRET)).isInstanceOf(Verdict.Refused.class));
    }

    @Test
    void secretsStandInOnePlace() {
        Map<String, String> both = Map.of("weft.identity.secrets", SECRET, "weft.identity.secret-file", "/x");

        assertThatThrownBy(() -> identity(both, false, LOOPBACK))
                .hasMessageContaining("weft.identity.secrets, weft.identity.secret-file: both");
        assertThatThrownBy(() -> identity(Map.of("weft.identity.mode", "shared-secret"), false, LOOPBACK))
                .hasMessageContaining("neither");
    }

    @Test
    void kubernetesNeedsToKnowWhoMayCall() {
        assertThatThrownBy(() -> identity(Map.of("weft.identity.mode", "kubernetes"), false, ANYWHERE))
                .hasMessageContaining("weft.identity.kubernetes.service-accounts: none");
        assertThatThrownBy(() -> identity(
                        Map.of(
                                "weft.identity.mode",
                                "kubernetes",
                                "weft.identity.kubernetes.service-accounts",
                                "gateway"),
                        false,
                        ANYWHERE))
                .hasMessageContaining("'gateway' (expected: namespace/name)");
    }

    @Test
    void reviewHoldsAMinuteAtMost() {
        assertThatThrownBy(() -> identity(
                        Map.of(
                                "weft.identity.mode", "kubernetes",
                                "weft.identity.kubernetes.service-accounts", "weft/gateway",
                                "weft.identity.kubernetes.review-ttl", "61s"),
                        false,
                        ANYWHERE))
                .hasMessageContaining("weft.identity.kubernetes.review-ttl: PT1M1S");
    }

    @Test
    void projectedTokenIsShownAsKubeletRenewsIt() throws Exception {
        Path token = folder.resolve("token");
        ServiceIdentity identity = identity(
                Map.of(
                        "weft.identity.mode", "kubernetes",
                        "weft.identity.reload-interval", "10ms",
                        "weft.identity.kubernetes.token-file", token.toString()),
                true,
                ANYWHERE);
        assertThat(identity.authorization())
                .as("kubelet has not written it yet")
                .isNull();

        Files.writeString(token, "first.token.here\n");
        await().untilAsserted(() -> assertThat(identity.authorization()).isEqualTo("Bearer first.token.here"));
        Files.writeString(token, "next.token.here");
        await().untilAsserted(() -> assertThat(identity.authorization()).isEqualTo("Bearer next.token.here"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.1.2.3", "localhost", "::1", "[::1]"})
    void loopbackIsRecognised(String host) {
        assertThat(new ListenAddress(host, "").isLoopback()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::", "10.0.0.1", "no-such-host.invalid"})
    void otherAddressesAreTheNetwork(String host) {
        assertThat(new ListenAddress(host, "").isLoopback()).isFalse();
    }
}
