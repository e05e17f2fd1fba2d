package dev.weft.local.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.output.Response;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The whole mesh, real processes and the real model, used by foreign clients. */
class MeshIT {

    private static final TestMesh MESH = new TestMesh();
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String MINILM = "all-minilm-l6-v2";

    @BeforeAll
    static void start() {
        MESH.start();
    }

    @AfterAll
    static void stop() {
        MESH.close();
    }

    @Test
    void langChain4jsOpenAiClientWorksUnchanged() {
        OpenAiEmbeddingModel model = OpenAiEmbeddingModel.builder()
                .baseUrl("http://" + MESH.address() + "/v1")
                .apiKey("none")
                .modelName(MINILM)
                .maxRetries(0)
                .timeout(Duration.ofSeconds(30))
                .build();

        Response<List<Embedding>> response = model.embedAll(List.of(
                TextSegment.from("How do I block my card?"),
                TextSegment.from("My card was stolen, please freeze it"),
                TextSegment.from("What is the interest rate of a mortgage?")));

        List<Embedding> vectors = response.content();
        assertThat(vectors).hasSize(3).allSatisfy(vector -> assertThat(vector.dimension())
                .isEqualTo(384));
        assertThat(cosine(vectors.get(0), vectors.get(1))).isGreaterThan(cosine(vectors.get(0), vectors.get(2)) + 0.2);
        assertThat(java.util.Objects.requireNonNull(response.tokenUsage()).inputTokenCount())
                .isEqualTo(30);
    }

    private static double cosine(Embedding a, Embedding b) {
        double dot = 0;
        for (int i = 0; i < a.dimension(); i++) {
            dot += (double) a.vector()[i] * b.vector()[i];
        }
        return dot;
    }

    @Test
    void clientThatKnowsOnlyTheServersDescriptorsGetsWhatRestGets() throws Exception {
        ManagedChannel channel = Grpc.newChannelBuilder(MESH.address(), InsecureChannelCredentials.create())
                .build();
        try {
            FileDescriptor file = describe(channel, "inference.GRPCInferenceService");
            DynamicMessage response = infer(channel, file, "rent");

            Descriptor responseType = file.findMessageTypeByName("ModelInferResponse");
            ByteString raw =
                    (ByteString) response.getRepeatedField(responseType.findFieldByName("raw_output_contents"), 0);
            float first = raw.asReadOnlyByteBuffer()
                    .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                    .getFloat();
            JsonNode rest =
                    JSON.readTree(MESH.post("/v1/embeddings", "{\"model\": \"" + MINILM + "\", \"input\": \"rent\"}")
                            .body());
            assertThat((double) first).isCloseTo(rest.at("/data/0/embedding/0").asDouble(), within(1e-6));
        } finally {
            channel.shutdownNow();
        }
    }

    private static DynamicMessage infer(ManagedChannel channel, FileDescriptor file, String text) {
        Descriptor request = file.findMessageTypeByName("ModelInferRequest");
        Descriptor input = request.findNestedTypeByName("InferInputTensor");
        byte[] raw = ("\4\0\0\0" + text).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        DynamicMessage message = DynamicMessage.newBuilder(request)
                .setField(request.findFieldByName("model_name"), MINILM)
                .addRepeatedField(
                        request.findFieldByName("inputs"),
                        DynamicMessage.newBuilder(input)
                                .setField(input.findFieldByName("name"), "TEXT")
                                .setField(input.findFieldByName("datatype"), "BYTES")
                                .addRepeatedField(input.findFieldByName("shape"), 1L)
                                .build())
                .addRepeatedField(request.findFieldByName("raw_input_contents"), ByteString.copyFrom(raw))
                .build();
        MethodDescriptor<DynamicMessage, DynamicMessage> method =
                MethodDescriptor.<DynamicMessage, DynamicMessage>newBuilder()
                        .setType(MethodDescriptor.MethodType.UNARY)
                        .setFullMethodName("inference.GRPCInferenceService/ModelInfer")
                        .setRequestMarshaller(ProtoUtils.marshaller(DynamicMessage.getDefaultInstance(request)))
                        .setResponseMarshaller(ProtoUtils.marshaller(
                                DynamicMessage.getDefaultInstance(file.findMessageTypeByName("ModelInferResponse"))))
                        .build();
        return ClientCalls.blockingUnaryCall(
                channel, method, CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS), message);
    }

    private static FileDescriptor describe(ManagedChannel channel, String symbol) throws Exception {
        CompletableFuture<ServerReflectionResponse> answer = new CompletableFuture<>();
        StreamObserver<ServerReflectionRequest> questions = ServerReflectionGrpc.newStub(channel)
                .serverReflectionInfo(new StreamObserver<>() {
                    @Override
                    public void onNext(ServerReflectionResponse response) {
                        answer.complete(response);
                    }

                    @Override
                    public void onError(Throwable thrown) {
                        answer.completeExceptionally(thrown);
                    }

                    @Override
                    public void onCompleted() {
                        // the one answer has come
                    }
                });
        questions.onNext(ServerReflectionRequest.newBuilder()
                .setFileContainingSymbol(symbol)
                .build());
        ByteString file =
                answer.get(30, TimeUnit.SECONDS).getFileDescriptorResponse().getFileDescriptorProto(0);
        questions.onCompleted();
        return FileDescriptor.buildFrom(FileDescriptorProto.parseFrom(file), new FileDescriptor[0]);
    }

    @Test
    void textOverTheTokenLimitIsAnOpenAiErrorThatNamesTheClientsField() throws Exception {
        HttpResponse<String> answer = MESH.post(
                "/v1/embeddings",
                "{\"model\": \"" + MINILM + "\", \"input\": [\"x\", \"" + "card ".repeat(300) + "\"]}");

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(JSON.readTree(answer.body()).at("/error/message").asText())
                .startsWith("input[1]: 302 tokens (expected: at most 256");
    }

    @Test
    void requestIdIsInTheLogOfEveryService() {
        String id = "trace-" + System.nanoTime();

        HttpResponse<String> answer = MESH.post("/v2/models/nope/infer", INPUT, "X-Request-Id", id);

        assertThat(answer.statusCode()).isEqualTo(404);
        await().untilAsserted(() -> {
            assertThat(MESH.log("gateway")).contains(id);
            assertThat(MESH.log("inference-service")).contains(id);
        });
    }

    private static final String INPUT =
            "{\"inputs\": [{\"name\": \"TEXT\", \"shape\": [1], \"datatype\": \"BYTES\", \"data\": [\"x\"]}]}";

    @Test
    void modelThatIsAddedWhileTheMeshRunsIsServed() throws Exception {
        Path bundled =
                TestMesh.root().resolve("inference-service/target/models").resolve(MINILM);
        Path added = MESH.options().models().resolve("second");
        Files.createDirectories(added.resolve("onnx"));
        for (String file : List.of("config.json", "tokenizer.json", "onnx/model_quantized.onnx")) {
            Files.copy(bundled.resolve(file), added.resolve(file));
        }
        Files.writeString(added.resolve("weft.json"), "{\"max_tokens\": 16}");

        assertThat(MESH.post("/v2/repository/models/second/load", "").statusCode())
                .isEqualTo(200);

        assertThat(MESH.post("/v2/models/second/infer", INPUT).statusCode()).isEqualTo(200);
        assertThat(MESH.get("/v1/models").body()).contains("second");
        assertThat(MESH.post("/v2/repository/models/second/unload", "").statusCode())
                .isEqualTo(200);
        assertThat(MESH.post("/v2/models/second/infer", INPUT).statusCode()).isEqualTo(503);
    }

    @Test
    void metricsOfBothServicesTellOfTheWork() {
        MESH.post("/v2/models/" + MINILM + "/infer", INPUT);

        assertThat(MESH.get("/q/metrics").body()).contains("weft_gateway_requests_total");
        assertThat(MESH.get("/q/health/ready").statusCode()).isEqualTo(200);
        assertThat(MESH.mesh().status()).allMatch(Mesh.ServiceStatus::ready);
    }
}
