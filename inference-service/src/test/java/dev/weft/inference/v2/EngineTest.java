package dev.weft.inference.v2;

import static dev.weft.inference.v2.V2Client.assertRefused;
import static dev.weft.inference.v2.V2Client.cosine;
import static dev.weft.inference.v2.V2Client.input;
import static dev.weft.inference.v2.V2Client.request;
import static dev.weft.inference.v2.V2Client.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import dev.weft.inference.fixtures.TestPackages;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.InferParameter;
import dev.weft.protocol.inference.InferTensorContents;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferResponse;
import dev.weft.protocol.inference.RepositoryIndexRequest;
import dev.weft.protocol.inference.RepositoryIndexResponse.ModelIndex;
import dev.weft.protocol.inference.RepositoryModelLoadRequest;
import dev.weft.protocol.inference.RepositoryModelUnloadRequest;
import dev.weft.protocol.inference.ServerMetadataRequest;
import dev.weft.testkit.OnnxGraph;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.MetadataUtils;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Many clients at a time, while models come and go; {@link EngineIT} runs the same against the packaged service. */
@QuarkusTest
@QuarkusTestResource(TestRepository.class)
class EngineTest {

    private static final String MINILM = "all-minilm-l6-v2";
    private static final InferParameter BATCH =
            InferParameter.newBuilder().setStringParam("batch").build();
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TestHTTPResource
    private URI uri;

    private V2Client client;

    @BeforeEach
    void connect() {
        client = new V2Client();
        client.awaitReady();
    }

    @AfterEach
    void disconnect() {
        client.close();
    }

    // Batching

    private static InferTensorContents.Builder number(float value) {
        return InferTensorContents.newBuilder().addFp32Contents(value);
    }

    /** The graph multiplies by the rows of its run: what is computed in company comes back larger. */
    @Test
    void requestsThatWaitForTheSameSessionAreComputedTogether() {
        await().atMost(PATIENCE).untilAsserted(() -> {
            List<ListenableFuture<ModelInferResponse>> answers = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                answers.add(GRPCInferenceServiceGrpc.newFutureStub(client.channel())
                        .modelInfer(request("counting", input("X", "FP32", number(1), 1, 1))
                                .build()));
            }
            int largest = 0;
            for (ListenableFuture<ModelInferResponse> answer : answers) {
                largest = Math.max(largest, (int) rows(answer));
            }
            assertThat(largest).isBetween(2, 8);
        });
    }

    /** With how many rows it was computed; 0 when a machine under load refused it. */
    private static float rows(ListenableFuture<ModelInferResponse> answer) throws Exception {
        try {
            return answer.get(30, TimeUnit.SECONDS).getOutputs(0).getContents().getFp32Contents(0);
        } catch (java.util.concurrent.ExecutionException e) {
            assertThat(Status.fromThrowable(e).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            return 0;
        }
    }

    @Test
    void rawTensorsAreComputedAloneUnlessTheirPackageSaysOtherwise() {
        ModelInferResponse response = client.infer(request(
                "counting", input("X", "FP32", number(1).addFp32Contents(2).addFp32Contents(3), 3, 1)));

        assertThat(response.getOutputs(0).getContents().getFp32ContentsList()).containsExactly(3f, 6f, 9f);
    }

    @Test
    void everyClientGetsItsOwnAnswers() throws Exception {
        List<String> texts = new ArrayList<>();
        List<float[]> expected = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            texts.add("payment " + i + " for my card".repeat(i % 7));
            ModelInferResponse alone =
                    client.infer(texts("intent", texts.get(i)).putParameters("truncate", V2Client.truncate()));
            expected.add(V2Client.floats(alone.getOutputs(1).getContents()));
        }
        long seed = System.nanoTime();
        inParallel(12, number -> {
            Random random = new Random(seed + number);
            for (int round = 0; round < 40; round++) {
                int[] rows =
                        random.ints(random.nextInt(1, 200), 0, texts.size()).toArray();
                String[] asked =
                        java.util.Arrays.stream(rows).mapToObj(texts::get).toArray(String[]::new);
                ModelInferResponse response =
                        client.infer(texts("intent", asked).putParameters("truncate", V2Client.truncate()));
                List<float[]> scores =
                        V2Client.rows(V2Client.floats(response.getOutputs(1).getContents()), rows.length);
                for (int i = 0; i < rows.length; i++) {
                    assertThat(scores.get(i)).as("seed %d", seed).containsExactly(expected.get(rows[i]), within(1e-5f));
                }
            }
        });
    }

    @Test
    void answerTellsTokensAndTimes() {
        ModelInferResponse response = client.infer(texts(MINILM, "salary", "monthly rent"));

        assertThat(response.getParametersMap()).containsKeys("queue_us", "compute_us", "tokenize_us", "tokens");
        assertThat(response.getParametersOrThrow("tokens").getInt64Param()).isEqualTo(7);
        assertThat(response.getParametersOrThrow("compute_us").getInt64Param()).isPositive();
    }

    // Priorities

    @Test
    void priorityIsOneOfTwo() {
        ModelInferRequest.Builder request = texts(MINILM, "salary");
        InferParameter urgent =
                InferParameter.newBuilder().setStringParam("urgent").build();

        assertThat(client.infer(request.clone().putParameters("priority", BATCH))
                        .getOutputsCount())
                .isPositive();
        assertRefused(
                () -> client.infer(request.clone().putParameters("priority", urgent)),
                Status.Code.INVALID_ARGUMENT,
                "parameters.priority: 'urgent' (expected: one of [interactive, batch])");
    }

    @Test
    void priorityOfTheCallGoesBeforeThatOfTheRequest() {
        Metadata urgent = new Metadata();
        urgent.put(Metadata.Key.of("x-priority", Metadata.ASCII_STRING_MARSHALLER), "urgent");

        assertRefused(
                () -> client.stub()
                        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(urgent))
                        .modelInfer(texts(MINILM, "salary")
                                .putParameters("priority", BATCH)
                                .build()),
                Status.Code.INVALID_ARGUMENT,
                "x-priority: 'urgent' (expected: one of [interactive, batch])");
    }

    // Overload

    @Test
    void floodIsRefusedWithARetryHintAndTheServiceGoesOn() throws Exception {
        List<ListenableFuture<ModelInferResponse>> answers = new ArrayList<>();
        for (int i = 0; i < 1_500; i++) {
            answers.add(GRPCInferenceServiceGrpc.newFutureStub(client.channel())
                    .modelInfer(texts(MINILM, "card ".repeat(200)).build()));
        }
        int refused = 0;
        for (ListenableFuture<ModelInferResponse> answer : answers) {
            try {
                answer.get(60, TimeUnit.SECONDS);
            } catch (java.util.concurrent.ExecutionException e) {
                assertThat(Status.fromThrowable(e).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
                assertThat(Status.trailersFromThrowable(e)).asString().contains("retry-after-ms");
                refused++;
            }
        }

        assertThat(refused).isPositive();
        assertThat(client.embed("after the flood")).hasSize(1);
    }

    // Cache

    @Test
    void textThatComesAgainIsAnsweredFromTheCache() throws Exception {
        InferTensorContents.Builder query =
                InferTensorContents.newBuilder().addBytesContents(ByteString.copyFromUtf8("which card"));
        ModelInferRequest.Builder request = texts("reranker", "a card of one's own " + System.nanoTime())
                .addInputs(input("QUERY", "BYTES", query, 1));

        ModelInferResponse first = client.infer(request);
        ModelInferResponse second = client.infer(request);

        assertThat(second.getOutputsList()).isEqualTo(first.getOutputsList());
        assertThat(second.getParametersOrThrow("compute_us").getInt64Param()).isZero();
        assertThat(metrics())
                .contains("weft_inference_cache_lookups_total{model=\"reranker\",result=\"hit\",version=\"1\"}");
    }

    // Models that come and go

    @Test
    void modelIsReplacedAndUnloadedUnderFireWithoutAFailedRequest() throws Exception {
        String name = "busy";
        Path folder = TestRepository.FOLDER.resolve(name);
        OnnxGraph.write(OnnxGraph.twoOutputs(), folder);
        load(name);
        AtomicBoolean over = new AtomicBoolean();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> loops = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                loops.add(clients.submit(() -> askUntil(over, name)));
            }
            try {
                for (int round = 0; round < 20; round++) {
                    OnnxGraph.write(
                            round % 2 == 0 ? OnnxGraph.identity(OnnxGraph.Element.FLOAT, 2) : OnnxGraph.twoOutputs(),
                            folder);
                    load(name);
                }
            } finally {
                over.set(true);
            }
            for (Future<Integer> loop : loops) {
                assertThat(loop.get(60, TimeUnit.SECONDS)).isPositive();
            }
        }
        client.stub()
                .repositoryModelUnload(RepositoryModelUnloadRequest.newBuilder()
                        .setModelName(name)
                        .build());
        TestPackages.delete(folder);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(state(name)).isEmpty());
    }

    private int askUntil(AtomicBoolean over, String model) {
        int answered = 0;
        for (; !over.get(); answered++) {
            ModelInferResponse response =
                    client.infer(request(model, input("X", "FP32", number(1).addFp32Contents(2), 1, 2)));
            assertThat(response.getOutputs(0).getName()).isIn("DOUBLE", "Y");
        }
        return answered;
    }

    @Test
    void folderIsFollowedWithoutBeingTold() {
        String name = "dropped-in";
        Path folder = TestRepository.FOLDER.resolve(name);

        OnnxGraph.write(OnnxGraph.twoOutputs(), folder);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(state(name)).containsExactly("READY "));

        OnnxGraph.write(OnnxGraph.utf8("no graph"), folder);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(state(name))
                .singleElement()
                .asString()
                .startsWith("READY not replaced: model.onnx"));

        TestPackages.delete(folder);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(state(name)).isEmpty());
    }

    /** A gateway's patience is no reason to break a load off, which may have waited for others. */
    @Test
    void loadGoesOnWhenItsClientHasGone() {
        for (int i = 0; i < 3; i++) {
            ListenableFuture<?> _ = GRPCInferenceServiceGrpc.newFutureStub(client.channel())
                    .repositoryModelLoad(RepositoryModelLoadRequest.newBuilder()
                            .setModelName(MINILM)
                            .build());
        }
        assertRefused(
                () -> GRPCInferenceServiceGrpc.newBlockingStub(client.channel())
                        .withDeadlineAfter(100, TimeUnit.MILLISECONDS)
                        .repositoryModelLoad(RepositoryModelLoadRequest.newBuilder()
                                .setModelName("tiny")
                                .build()),
                Status.Code.DEADLINE_EXCEEDED,
                "");

        load("two-outputs"); // one load after the other: those before have ended then
        assertThat(state("tiny")).containsExactly("READY ");
    }

    private void load(String name) {
        client.stub()
                .repositoryModelLoad(RepositoryModelLoadRequest.newBuilder()
                        .setModelName(name)
                        .build());
    }

    private List<String> state(String name) {
        return client.stub().repositoryIndex(RepositoryIndexRequest.getDefaultInstance()).getModelsList().stream()
                .filter(model -> model.getName().equals(name))
                .map((ModelIndex model) -> model.getState() + " " + model.getReason())
                .toList();
    }

    // Device

    @Test
    void deviceAndItsReasonAreTold() throws Exception {
        assertThat(client.stub()
                        .serverMetadata(ServerMetadataRequest.getDefaultInstance())
                        .getName())
                .isEqualTo("weft-inference on cpu (no CUDA: this build of ONNX Runtime has no CUDA)");
        assertThat(metrics()).contains("weft_inference_device{device=\"cpu\"");
    }

    private String metrics() throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                            HttpRequest.newBuilder(uri.resolve("/q/metrics")).build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    /** The vectors of a text do not depend on what else is computed at that time. */
    @Test
    void neighboursDoNotChangeAVector() throws Exception {
        float[] alone = client.embed("How do I block my card?").getFirst();

        inParallel(8, number -> {
            for (int i = 0; i < 20; i++) {
                float[] crowded = client.embed("How do I block my card?", "neighbour " + number, "and another " + i)
                        .getFirst();
                assertThat(cosine(crowded, alone)).isGreaterThan(0.999999);
            }
        });
    }

    private interface Task {
        void run(int number) throws Exception;
    }

    private static void inParallel(int count, Task task) throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> tasks = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int number = i;
                tasks.add(threads.submit(() -> {
                    task.run(number);
                    return number;
                }));
            }
            for (Future<?> running : tasks) {
                running.get(120, TimeUnit.SECONDS);
            }
        }
    }
}
