package dev.weft.local.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferRequest.InferInputTensor;
import dev.weft.protocol.inference.v1.GetStatusRequest;
import dev.weft.protocol.inference.v1.ModelState;
import dev.weft.protocol.inference.v1.ReplicaGrpc;
import dev.weft.testkit.OnnxGraph;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Replicas that come, die and end while clients ask. */
class ReplicasIT {

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final String MODEL = "doubling";

    private static ModelInferRequest request() {
        return ModelInferRequest.newBuilder()
                .setModelName(MODEL)
                .addInputs(InferInputTensor.newBuilder()
                        .setName("X")
                        .setDatatype("FP32")
                        .addShape(1)
                        .addShape(2))
                .addRawInputContents(ByteString.copyFrom(new byte[8]))
                .build();
    }

    private static ManagedChannel channel(int port) {
        return Grpc.newChannelBuilder("127.0.0.1:" + port, InsecureChannelCredentials.create())
                .build();
    }

    private static void awaitReady(TestReplicas mesh, int gateway) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(mesh.status(gateway, "/v2/models/" + MODEL + "/ready"))
                .isEqualTo(200));
    }

    /** The model's state on a replica. */
    private static ModelState state(TestReplicas mesh, int replica) {
        ManagedChannel channel = channel(mesh.replicaPort(replica));
        try {
            return ReplicaGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(10, TimeUnit.SECONDS)
                    .getStatus(GetStatusRequest.getDefaultInstance())
                    .getModelsList()
                    .stream()
                    .filter(model -> model.getName().equals(MODEL))
                    .map(model -> model.getState())
                    .findFirst()
                    .orElse(ModelState.MODEL_STATE_UNSPECIFIED);
        } catch (StatusRuntimeException _) {
            return ModelState.MODEL_STATE_UNSPECIFIED;
        } finally {
            channel.shutdownNow();
        }
    }

    private static List<Integer> having(TestReplicas mesh, int replicas) {
        List<Integer> having = new ArrayList<>();
        for (int i = 0; i < replicas; i++) {
            if (state(mesh, i) == ModelState.MODEL_STATE_READY) {
                having.add(i);
            }
        }
        return having;
    }

    /** As many clients of the first gateway, each with a connection of its own. */
    private static AskingClients clients(TestReplicas mesh, int count) {
        AskingClients clients = new AskingClients();
        for (int i = 0; i < count; i++) {
            ManagedChannel channel = channel(mesh.gatewayPort(0));
            clients.start(
                    "client " + i,
                    () -> GRPCInferenceServiceGrpc.newBlockingStub(channel)
                                    .withDeadlineAfter(30, TimeUnit.SECONDS)
                                    .modelInfer(request())
                                    .getRawOutputContentsCount()
                            > 0);
            clients.afterwards(channel::shutdownNow);
        }
        return clients;
    }

    @Test
    void noClientNoticesThatReplicasDieEndAndComeBack() throws Exception {
        try (TestReplicas mesh = new TestReplicas()) {
            OnnxGraph.write(OnnxGraph.twoOutputs(), mesh.models().resolve(MODEL));
            mesh.start(3, 1, Map.of());
            awaitReady(mesh, 0);
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(having(mesh, 3)).hasSize(3));

            AskingClients clients = clients(mesh, 8);
            try (clients) {
                clients.awaitAnswers(200);
                mesh.kill("replica-0");
                clients.awaitAnswers(500);
                mesh.kill("replica-1");
                clients.awaitAnswers(500);
                mesh.restart("replica-0");
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(state(mesh, 0)).isEqualTo(ModelState.MODEL_STATE_READY));
                mesh.restart("replica-1");
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(state(mesh, 1)).isEqualTo(ModelState.MODEL_STATE_READY));
                clients.awaitAnswers(500);
                mesh.terminate("replica-2");
                clients.awaitAnswers(500);
            }

            assertThat(clients.failures()).isEmpty();
        }
    }

    @Test
    void replicaThatCameBackIsFoundByTheRequestThatNeedsIt() throws Exception {
        try (TestReplicas mesh = new TestReplicas()) {
            OnnxGraph.write(OnnxGraph.twoOutputs(), mesh.models().resolve(MODEL));
            // Nobody but a request asks them how they are doing.
            mesh.start(2, 1, Map.of(), Map.of("WEFT_GATEWAY_INFERENCE_STATUS_INTERVAL", "1h"));
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(having(mesh, 2)).hasSize(2));
            awaitReady(mesh, 0);
            mesh.kill("replica-0");
            for (int i = 0; i < 20; i++) {
                assertThat(infer(mesh)).isEqualTo(200);
            }
            mesh.restart("replica-0");
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(state(mesh, 0)).isEqualTo(ModelState.MODEL_STATE_READY));
            mesh.kill("replica-1");

            assertThat(infer(mesh)).isEqualTo(200);
        }
    }

    @Test
    void gatewayRefusesItselfWhatItsReplicaHasJustSaidItWould() throws Exception {
        try (TestReplicas mesh = new TestReplicas();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            mesh.start(1, 1, Map.of("WEFT_INFERENCE_QUEUE_WAIT", "1ms"), Map.of());
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(mesh.status(0, "/v2/models/all-minilm-l6-v2/ready"))
                    .isEqualTo(200));
            AtomicBoolean stop = new AtomicBoolean();
            Queue<String> refusals = new ConcurrentLinkedQueue<>();
            List<Future<?>> flood = new ArrayList<>();
            for (int i = 0; i < 32; i++) {
                flood.add(threads.submit(() -> {
                    while (!stop.get()) {
                        HttpResponse<String> answer = embed(mesh, "interactive");
                        if (answer.statusCode() == 429) {
                            refusals.add(answer.body());
                        }
                    }
                    return null;
                }));
            }
            try {
                await().atMost(PATIENCE)
                        .until(() -> refusals.stream().anyMatch(body -> body.contains("a wait of about")));
                await().atMost(PATIENCE)
                        .until(() -> refusals.stream().anyMatch(body -> body.contains("too much waits already")));
                for (int i = 0; i < 10; i++) {
                    assertThat(embed(mesh, "batch").statusCode()).isEqualTo(200);
                }
            } finally {
                stop.set(true);
            }
            for (Future<?> client : flood) {
                client.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            }
        }
    }

    private static HttpResponse<String> embed(TestReplicas mesh, String priority) throws Exception {
        return mesh.post(
                0,
                "/v1/embeddings",
                "{\"model\": \"all-minilm-l6-v2\", \"input\": \"When is the rent due this month, and to which account?\"}",
                "Content-Type",
                "application/json",
                "X-Priority",
                priority);
    }

    private static int infer(TestReplicas mesh) throws Exception {
        String input = "{\"inputs\": [{\"name\": \"X\", \"shape\": [1, 2], \"datatype\": \"FP32\", \"data\": [1, 2]}]}";
        return mesh.post(0, "/v2/models/" + MODEL + "/infer", input).statusCode();
    }

    @Test
    void requestWaitsForAReplicaThatComes() throws Exception {
        try (TestReplicas mesh = new TestReplicas()) {
            OnnxGraph.write(OnnxGraph.twoOutputs(), mesh.models().resolve(MODEL));
            mesh.start(1, 1, Map.of("WEFT_GATEWAY_INFERENCE_REPLICA_WAIT", "50s"));
            awaitReady(mesh, 0);
            mesh.kill("replica-0");
            await().atMost(PATIENCE)
                    .untilAsserted(() ->
                            assertThat(mesh.get(0, "/api/v1/replicas").body()).contains("does not answer"));

            try (AskingClients clients = clients(mesh, 2)) {
                await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                                mesh.get(0, "/q/metrics").body())
                        .contains("weft_gateway_waiting_requests{pool=\"any\"} 2.0"));
                mesh.restart("replica-0");
                clients.awaitAnswers(10);
                assertThat(clients.failures()).isEmpty();
            }
        }
    }

    @Test
    void modelIsLoadedWhereItBelongsWhenARequestNeedsIt() throws Exception {
        try (TestReplicas mesh = new TestReplicas()) {
            OnnxGraph.write(OnnxGraph.twoOutputs(), mesh.models().resolve(MODEL));
            mesh.start(3, 2, Map.of("WEFT_INFERENCE_LOAD_AT_START", "none"));
            for (int gateway = 0; gateway < 2; gateway++) {
                int port = gateway;
                await().atMost(PATIENCE).untilAsserted(() -> assertThat(mesh.status(port, "/v2/health/ready"))
                        .isEqualTo(200));
            }
            await().atMost(PATIENCE).untilAsserted(() -> {
                for (int i = 0; i < 3; i++) {
                    assertThat(state(mesh, i)).isEqualTo(ModelState.MODEL_STATE_AVAILABLE);
                }
            });

            String input = "{\"inputs\": [{\"name\": \"X\", \"shape\": [1, 2], \"datatype\": \"FP32\","
                    + " \"data\": [1, 2]}]}";
            for (int i = 0; i < 20; i++) {
                assertThat(mesh.post(i % 2, "/v2/models/" + MODEL + "/infer", input)
                                .statusCode())
                        .isEqualTo(200);
            }

            List<Integer> home = having(mesh, 3);
            assertThat(home).as("both gateways mean the same replica").hasSize(1);

            mesh.kill("replica-" + home.getFirst());
            for (int i = 0; i < 20; i++) {
                assertThat(mesh.post(i % 2, "/v2/models/" + MODEL + "/infer", input)
                                .statusCode())
                        .isEqualTo(200);
            }
            assertThat(having(mesh, 3)).hasSize(1).doesNotContain(home.getFirst());

            assertThat(mesh.post(0, "/v2/repository/models/" + MODEL + "/unload", "")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(mesh.post(0, "/v2/models/" + MODEL + "/infer", input).statusCode())
                    .as("somebody wanted it gone")
                    .isEqualTo(503);
            assertThat(having(mesh, 3)).isEmpty();
            assertThat(mesh.post(1, "/v2/repository/models/" + MODEL + "/load", "")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(mesh.post(1, "/v2/models/" + MODEL + "/infer", input).statusCode())
                    .isEqualTo(200);
        }
    }
}
