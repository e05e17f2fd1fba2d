package dev.weft.local.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.ModelMetadataRequest;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Every process of a mesh is replaced, one after the other, while clients keep asking by connections that they keep: HTTP/1.1, HTTP/2 and gRPC, through
 * what spreads connections and not requests. None of them gets a failure.
 */
class RollingUpdateIT {

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final String MODEL = "all-minilm-l6-v2";
    private static final String EMBED = "{\"model\": \"" + MODEL + "\", \"input\": \"my card was stolen\"}";

    @Test
    void noClientNoticesThatEveryProcessIsReplaced() throws Exception {
        try (TestReplicas mesh = new TestReplicas()) {
            mesh.start(2, 2, Map.of("WEFT_INFERENCE_DRAIN_DELAY", "2s"), Map.of("QUARKUS_SHUTDOWN_DELAY", "3s"));
            for (int gateway = 0; gateway < 2; gateway++) {
                awaitServing(mesh, gateway);
            }
            List<Integer> ports = List.of(mesh.gatewayPort(0), mesh.gatewayPort(1));
            ManagedChannel channel;
            try (TestBalancer balancer = new TestBalancer(ports, RollingUpdateIT::isReady);
                    AskingClients clients = new AskingClients()) {
                channel = Grpc.newChannelBuilder("127.0.0.1:" + balancer.port(), InsecureChannelCredentials.create())
                        .build();
                startClients(clients, balancer.port(), channel);
                clients.awaitAnswers(50);

                for (String process : List.of("gateway-0", "replica-0", "gateway-1", "replica-1")) {
                    mesh.terminate(process);
                    mesh.restart(process);
                    clients.awaitAnswers(20);
                    for (int gateway = 0; gateway < 2; gateway++) {
                        awaitServing(mesh, gateway);
                    }
                    clients.awaitAnswers(50);
                }
                assertThat(clients.failures()).as(() -> balancer.log()).isEmpty();
            }
            channel.shutdownNow();
        }
    }

    private static void startClients(AskingClients clients, int port, ManagedChannel channel) {
        for (HttpClient.Version version : HttpClient.Version.values()) {
            HttpClient http = HttpClient.newBuilder().version(version).build();
            for (int i = 0; i < 2; i++) {
                clients.start(version.name(), () -> embed(http, port));
            }
        }
        clients.start("gRPC", () -> GRPCInferenceServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .modelMetadata(ModelMetadataRequest.newBuilder().setName(MODEL).build())
                .getName()
                .equals(MODEL));
    }

    private static boolean embed(HttpClient http, int port) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/embeddings"))
                .POST(HttpRequest.BodyPublishers.ofString(EMBED))
                .timeout(Duration.ofSeconds(30))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode() == 200;
    }

    /** As the kubelet asks. */
    private static boolean isReady(int port) {
        try (HttpClient http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/q/health/ready"))
                    .timeout(Duration.ofSeconds(15))
                    .build();
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException _) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void awaitServing(TestReplicas mesh, int gateway) {
        await().atMost(PATIENCE).until(() -> isReady(mesh.gatewayPort(gateway)));
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(mesh.status(gateway, "/v2/models/" + MODEL + "/ready"))
                .isEqualTo(200));
    }
}
