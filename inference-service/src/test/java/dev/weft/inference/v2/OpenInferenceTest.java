package dev.weft.inference.v2;

import static dev.weft.inference.v2.V2Client.assertRefused;
import static dev.weft.inference.v2.V2Client.input;
import static dev.weft.inference.v2.V2Client.raw;
import static dev.weft.inference.v2.V2Client.request;
import static dev.weft.inference.v2.V2Client.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.weft.inference.fixtures.TestPackages;
import dev.weft.protocol.inference.InferTensorContents;
import dev.weft.protocol.inference.ModelInferRequest.InferRequestedOutputTensor;
import dev.weft.protocol.inference.ModelInferResponse;
import dev.weft.protocol.inference.ModelMetadataRequest;
import dev.weft.protocol.inference.ModelMetadataResponse;
import dev.weft.protocol.inference.ModelReadyRequest;
import dev.weft.protocol.inference.RepositoryIndexRequest;
import dev.weft.protocol.inference.RepositoryIndexResponse.ModelIndex;
import dev.weft.protocol.inference.RepositoryModelLoadRequest;
import dev.weft.protocol.inference.RepositoryModelUnloadRequest;
import dev.weft.protocol.inference.ServerLiveRequest;
import dev.weft.protocol.inference.ServerMetadataRequest;
import dev.weft.testkit.OnnxGraph;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
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
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The protocol as a foreign client sees it; {@link OpenInferenceIT} runs the same against the packaged service. */
@QuarkusTest
@QuarkusTestResource(TestRepository.class)
class OpenInferenceTest {

    private static final String MINILM = "all-minilm-l6-v2";

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

    @Test
    void serverTellsItsNameAndExtensions() {
        assertThat(client.stub()
                        .serverLive(ServerLiveRequest.getDefaultInstance())
                        .getLive())
                .isTrue();
        assertThat(client.stub()
                        .serverMetadata(ServerMetadataRequest.getDefaultInstance())
                        .getExtensionsList())
                .contains("model_repository");
    }

    @Test
    void healthAndReflectionAreServed() throws Exception {
        var health = grpc.health.v1.HealthGrpc.newBlockingStub(client.channel())
                .check(grpc.health.v1.HealthOuterClass.HealthCheckRequest.getDefaultInstance());
        assertThat(health.getStatus())
                .isEqualTo(grpc.health.v1.HealthOuterClass.HealthCheckResponse.ServingStatus.SERVING);

        HttpResponse<String> readiness;
        try (HttpClient http = HttpClient.newHttpClient()) {
            readiness = http.send(
                    HttpRequest.newBuilder(uri.resolve("/q/health/ready")).build(),
                    HttpResponse.BodyHandlers.ofString());
        }
        assertThat(readiness.statusCode()).isEqualTo(200);
        assertThat(readiness.body()).contains("all-minilm-l6-v2:1");
    }

    @Test
    void metadataTellsTextInputAndOutputs() {
        ModelMetadataResponse metadata = client.stub()
                .modelMetadata(ModelMetadataRequest.newBuilder().setName(MINILM).build());

        assertThat(metadata.getInputsList()).singleElement().satisfies(input -> {
            assertThat(input.getName()).isEqualTo("TEXT");
            assertThat(input.getDatatype()).isEqualTo("BYTES");
            assertThat(input.getShapeList()).containsExactly(-1L);
        });
        assertThat(metadata.getOutputs(0).getShapeList()).containsExactly(-1L, 384L);
        assertThat(metadata.getPropertiesMap())
                .containsEntry("task", "sentence-embedding")
                .containsEntry("max_tokens", "256");
    }

    // Datatypes

    record Typed(String model, String datatype, InferTensorContents.Builder contents) {
        @Override
        public String toString() {
            return datatype;
        }
    }

    static Stream<Typed> typed() {
        return Stream.of(
                new Typed(
                        "bool",
                        "BOOL",
                        InferTensorContents.newBuilder().addBoolContents(true).addBoolContents(false)),
                new Typed(
                        "uint8",
                        "UINT8",
                        InferTensorContents.newBuilder().addUintContents(0).addUintContents(255)),
                new Typed(
                        "int8",
                        "INT8",
                        InferTensorContents.newBuilder().addIntContents(-128).addIntContents(127)),
                new Typed(
                        "int16",
                        "INT16",
                        InferTensorContents.newBuilder().addIntContents(-32768).addIntContents(32767)),
                new Typed(
                        "int32",
                        "INT32",
                        InferTensorContents.newBuilder()
                                .addIntContents(Integer.MIN_VALUE)
                                .addIntContents(7)),
                new Typed(
                        "int64",
                        "INT64",
                        InferTensorContents.newBuilder()
                                .addInt64Contents(Long.MIN_VALUE)
                                .addInt64Contents(7)),
                new Typed(
                        "float",
                        "FP32",
                        InferTensorContents.newBuilder().addFp32Contents(-0f).addFp32Contents(Float.MAX_VALUE)),
                new Typed(
                        "double",
                        "FP64",
                        InferTensorContents.newBuilder()
                                .addFp64Contents(Math.PI)
                                .addFp64Contents(-1e300)),
                new Typed(
                        "string",
                        "BYTES",
                        InferTensorContents.newBuilder()
                                .addBytesContents(ByteString.copyFromUtf8("Zürich €"))
                                .addBytesContents(ByteString.EMPTY)));
    }

    @ParameterizedTest
    @MethodSource("typed")
    void everyDatatypeSurvivesInContents(Typed typed) {
        ModelInferResponse response = client.infer(
                request("identity-" + typed.model(), input("X", typed.datatype(), typed.contents(), 1, 2)));

        assertThat(response.getOutputs(0).getDatatype()).isEqualTo(typed.datatype());
        assertThat(response.getOutputs(0).getContents())
                .isEqualTo(typed.contents().build());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "BOOL:bool",
                "UINT8:uint8",
                "INT8:int8",
                "INT16:int16",
                "INT32:int32",
                "INT64:int64",
                "FP16:float16",
                "BF16:bfloat16",
                "FP32:float",
                "FP64:double"
            })
    void everyDatatypeSurvivesAsRawBytes(String pair) {
        String datatype = pair.substring(0, pair.indexOf(':'));
        String model = pair.substring(pair.indexOf(':') + 1);
        byte[] raw = new byte
                [6 * dev.weft.inference.tensor.DataType.valueOf(datatype).size()];
        for (int i = 0; i < raw.length; i++) {
            raw[i] = (byte) (datatype.equals("BOOL") ? i % 2 : i * 37 % 120);
        }

        ModelInferResponse response = client.infer(
                request("identity-" + model, raw("X", datatype, 3, 2)).addRawInputContents(ByteString.copyFrom(raw)));

        assertThat(response.getRawOutputContents(0)).isEqualTo(ByteString.copyFrom(raw));
        assertThat(response.getOutputs(0).getShapeList()).containsExactly(3L, 2L);
    }

    @Test
    void emptyBatchOfNumbersGivesAnEmptyAnswer() {
        ModelInferResponse response =
                client.infer(request("identity-float", raw("X", "FP32", 0, 2)).addRawInputContents(ByteString.EMPTY));

        assertThat(response.getOutputs(0).getShapeList()).containsExactly(0L, 2L);
    }

    @Test
    void unsignedInputThatTheRuntimeCannotTakeIsUnimplemented() {
        assertRefused(
                () -> client.infer(request(
                        "identity-uint32",
                        input(
                                "X",
                                "UINT32",
                                InferTensorContents.newBuilder()
                                        .addUintContents(1)
                                        .addUintContents(2),
                                1,
                                2))),
                Status.Code.UNIMPLEMENTED,
                "input 'X': ONNX Runtime's Java API takes no UINT32");
    }

    // Named outputs and versions

    @Test
    void namedOutputsComeInTheAskedOrder() {
        InferTensorContents.Builder numbers =
                InferTensorContents.newBuilder().addFp32Contents(1).addFp32Contents(2);

        ModelInferResponse response = client.infer(request("two-outputs", input("X", "FP32", numbers, 1, 2))
                .setModelVersion("1")
                .addOutputs(InferRequestedOutputTensor.newBuilder().setName("NEGATIVE")));

        assertThat(response.getOutputsList()).singleElement().satisfies(output -> {
            assertThat(output.getName()).isEqualTo("NEGATIVE");
            assertThat(output.getContents().getFp32ContentsList()).containsExactly(-1f, -2f);
        });
    }

    @Test
    void highestVersionAnswersWhenNoneIsNamed() {
        InferTensorContents.Builder numbers =
                InferTensorContents.newBuilder().addFp32Contents(1).addFp32Contents(2);

        ModelInferResponse response = client.infer(request("two-outputs", input("X", "FP32", numbers, 1, 2)));

        assertThat(response.getModelVersion()).isEqualTo("2");
        assertThat(response.getOutputs(0).getName()).isEqualTo("Y");
    }

    // Repository

    @Test
    void malformedPackagesSayWhyAndTheOthersServe() {
        assertThat(index())
                .filteredOn(model -> model.getState().equals("UNAVAILABLE"))
                .extracting(ModelIndex::getName)
                .contains("broken-config", "broken-graph", "empty");
        assertThat(index())
                .filteredOn(model -> model.getName().equals("broken-config"))
                .singleElement()
                .satisfies(model -> assertThat(model.getReason()).contains("config.json"));
        assertRefused(
                () -> client.infer(
                        request("broken-graph", raw("X", "FP32", 0, 2)).addRawInputContents(ByteString.EMPTY)),
                Status.Code.UNAVAILABLE,
                "is not loaded");
        assertThat(client.stub()
                        .modelReady(ModelReadyRequest.newBuilder()
                                .setName("broken-graph")
                                .build())
                        .getReady())
                .isFalse();
    }

    @Test
    void modelIsFoundLoadedReplacedAndUnloadedWhileRunning() {
        String name = "late";
        Path folder = TestRepository.FOLDER.resolve(name);
        TestPackages.delete(folder);
        assertRefused(() -> load(name), Status.Code.NOT_FOUND, "is not in the repository");

        OnnxGraph.write(OnnxGraph.twoOutputs(), folder);
        load(name);
        assertThat(outputs(name)).containsExactly("DOUBLE", "NEGATIVE");

        OnnxGraph.write(OnnxGraph.identity(OnnxGraph.Element.FLOAT, 2), folder);
        load(name);
        assertThat(outputs(name)).containsExactly("Y");

        OnnxGraph.write(OnnxGraph.utf8("no graph"), folder);
        assertRefused(() -> load(name), Status.Code.FAILED_PRECONDITION, name + ":1: model.onnx");
        assertThat(outputs(name)).as("the old version serves on").containsExactly("Y");

        client.stub()
                .repositoryModelUnload(RepositoryModelUnloadRequest.newBuilder()
                        .setModelName(name)
                        .build());
        assertRefused(() -> outputs(name), Status.Code.UNAVAILABLE, "unloaded");
        assertThat(index())
                .filteredOn(model -> model.getName().equals(name))
                .extracting(ModelIndex::getState)
                .containsExactly("UNAVAILABLE");
    }

    private void load(String name) {
        client.stub()
                .repositoryModelLoad(RepositoryModelLoadRequest.newBuilder()
                        .setModelName(name)
                        .build());
    }

    private List<String> outputs(String name) {
        return client
                .stub()
                .modelMetadata(ModelMetadataRequest.newBuilder().setName(name).build())
                .getOutputsList()
                .stream()
                .map(ModelMetadataResponse.TensorMetadata::getName)
                .toList();
    }

    private List<ModelIndex> index() {
        return client.stub()
                .repositoryIndex(RepositoryIndexRequest.getDefaultInstance())
                .getModelsList();
    }

    // Deadlines and request ids

    @Test
    void passedDeadlineIsDeadlineExceeded() {
        String[] texts = new String[2_000];
        java.util.Arrays.fill(texts, "card ".repeat(200));

        assertThatThrownBy(() -> client.stub()
                        .withDeadlineAfter(100, TimeUnit.MILLISECONDS)
                        .modelInfer(texts(MINILM, texts).build()))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));

        // Nothing of it may hold up what comes next: it was dropped, not computed to the end.
        await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> assertThat(client.stub()
                        .withDeadlineAfter(2, TimeUnit.SECONDS)
                        .modelInfer(texts(MINILM, "next").build())
                        .getOutputsCount())
                .isPositive());
    }

    @Test
    void requestIdComesBack() {
        Metadata.Key<String> key = Metadata.Key.of("x-request-id", Metadata.ASCII_STRING_MARSHALLER);
        Metadata sent = new Metadata();
        sent.put(key, "trace-42");
        var headers = new java.util.concurrent.atomic.AtomicReference<Metadata>();
        var trailers = new java.util.concurrent.atomic.AtomicReference<Metadata>();

        client.stub()
                .withInterceptors(
                        MetadataUtils.newAttachHeadersInterceptor(sent),
                        MetadataUtils.newCaptureMetadataInterceptor(headers, trailers))
                .modelInfer(texts(MINILM, "x").build());

        assertThat(headers.get().get(key)).isEqualTo("trace-42");
    }
}
