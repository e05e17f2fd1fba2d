package dev.weft.local.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.testkit.TestCertificates;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Services that know each other, and some that do not, as processes. */
class IdentityIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String RIGHT = "the-secret-that-the-replica-knows";
    private static final String WRONG = "the-secret-of-some-other-mesh";

    @TempDir
    private Path folder;

    private static void awaitReady(TestReplicas mesh) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(mesh.status(0, "/v2/health/ready"))
                .isEqualTo(200));
    }

    private static void awaitTrouble(TestReplicas mesh, String trouble) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(mesh.status(0, "/q/health/live"))
                .isEqualTo(200));
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(mesh.get(0, "/api/v1/replicas").body()).contains(trouble));
    }

    @Test
    void gatewayWithAWrongSecretIsRefusedAndSaysWhyUntilTheSecretIsChanged() throws Exception {
        Path secrets = Files.writeString(folder.resolve("secrets"), RIGHT);
        try (TestReplicas mesh = new TestReplicas()) {
            mesh.start(
                    1,
                    1,
                    Map.of("WEFT_IDENTITY_SECRET_FILE", secrets.toString(), "WEFT_IDENTITY_RELOAD_INTERVAL", "100ms"),
                    Map.of("WEFT_IDENTITY_SECRETS", WRONG));

            awaitTrouble(mesh, "refuses this gateway's calls: authorization: a token that is not known here");
            assertThat(mesh.status(0, "/v2/models/all-minilm-l6-v2")).isEqualTo(503);
            assertThat(mesh.log("gateway-0"))
                    .contains("refuses this gateway's calls")
                    .doesNotContain(WRONG);
            assertThat(mesh.log("replica-0"))
                    .contains("was refused: authorization: a token that is not known here")
                    .doesNotContain(WRONG, RIGHT);

            Files.writeString(secrets, RIGHT + "\n" + WRONG + "\n");

            awaitReady(mesh);
            assertThat(mesh.log("replica-0")).doesNotContain(WRONG, RIGHT);
        }
    }

    private static Map<String, String> tls(TestCertificates.Issued issued, Path trusted) {
        Map<String, String> settings = new HashMap<>();
        settings.put(
                "QUARKUS_TLS_MESH_KEY_STORE_PEM_TLS_CERT", issued.certificate().toString());
        settings.put("QUARKUS_TLS_MESH_KEY_STORE_PEM_TLS_KEY", issued.key().toString());
        settings.put("QUARKUS_TLS_MESH_TRUST_STORE_PEM_CERTS", trusted.toString());
        return settings;
    }

    @Test
    void meshWithCertificatesOfItsOwnSpeaksTls() {
        TestCertificates ours = new TestCertificates(folder.resolve("ours"));
        Map<String, String> replica = tls(ours.issue("inference"), ours.authority());
        replica.put("WEFT_TLS_SERVER", "mesh");
        Map<String, String> gateway = tls(ours.issue("gateway"), ours.authority());
        gateway.put("WEFT_TLS_CLIENT", "mesh");
        try (TestReplicas mesh = new TestReplicas()) {
            mesh.start(1, 1, replica, gateway);

            awaitReady(mesh);
            assertThat(mesh.log("replica-0"))
                    .contains("gRPC by TLS, quarkus.tls.mesh: clients must show a certificate");
        }
    }

    @Test
    void gatewayWithAForeignCertificateIsRefused() {
        TestCertificates ours = new TestCertificates(folder.resolve("ours"));
        TestCertificates theirs = new TestCertificates(folder.resolve("theirs"));
        Map<String, String> replica = tls(ours.issue("inference"), ours.authority());
        replica.put("WEFT_TLS_SERVER", "mesh");
        Map<String, String> gateway = tls(theirs.issue("gateway"), ours.authority());
        gateway.put("WEFT_TLS_CLIENT", "mesh");
        try (TestReplicas mesh = new TestReplicas()) {
            mesh.start(1, 1, replica, gateway);

            // By TLS 1.3 a client has shaken hands before its certificate is refused, and sees the connection go.
            awaitTrouble(mesh, "does not answer");
            assertThat(mesh.status(0, "/v2/models/all-minilm-l6-v2")).isEqualTo(503);
        }
    }

    @Test
    void serviceThatAnybodyCanCallDoesNotStartWithoutIdentity() {
        try (TestReplicas mesh = new TestReplicas()) {
            mesh.start(1, 0, Map.of("QUARKUS_GRPC_SERVER_HOST", "0.0.0.0"));

            await().atMost(PATIENCE).until(() -> !mesh.isAlive("replica-0"));
            assertThat(mesh.log("replica-0"))
                    .contains("quarkus.grpc.server.host: 0.0.0.0", "set weft.identity.secret-file");
        }
    }

    @Test
    void misspeltVariableKeepsAServiceFromStarting() {
        try (TestReplicas mesh = new TestReplicas()) {
            mesh.start(1, 0, Map.of("WEFT_INFERENCE_QUEU_ROWS", "10", "WEFT_GATEWAY_HTTP_MAX_BODI", "1M"));

            await().atMost(PATIENCE).until(() -> !mesh.isAlive("replica-0"));
            assertThat(mesh.log("replica-0"))
                    .contains("environment: WEFT_INFERENCE_QUEU_ROWS (expected: keys that exist");
        }
    }
}
