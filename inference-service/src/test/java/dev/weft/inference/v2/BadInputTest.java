package dev.weft.inference.v2;

import static dev.weft.inference.v2.V2Client.assertRefused;
import static dev.weft.inference.v2.V2Client.input;
import static dev.weft.inference.v2.V2Client.raw;
import static dev.weft.inference.v2.V2Client.request;
import static dev.weft.inference.v2.V2Client.texts;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.weft.protocol.inference.InferParameter;
import dev.weft.protocol.inference.InferTensorContents;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferRequest.InferRequestedOutputTensor;
import dev.weft.protocol.inference.ModelReadyRequest;
import io.grpc.Status;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What malformed requests get; {@link BadInputIT} runs the same against the packaged service. */
@QuarkusTest
@QuarkusTestResource(TestRepository.class)
class BadInputTest {

    private static final String MINILM = "all-minilm-l6-v2";

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

    static Stream<Arguments> badTensors() {
        InferTensorContents.Builder one = InferTensorContents.newBuilder().addFp32Contents(1);
        InferTensorContents.Builder two =
                InferTensorContents.newBuilder().addFp32Contents(1).addFp32Contents(2);
        return Stream.of(
                bad("no inputs", request("identity-float"), "inputs: none"),
                bad(
                        "empty texts",
                        request(MINILM, raw("TEXT", "BYTES", 0)).addRawInputContents(ByteString.EMPTY),
                        "at least one row"),
                bad("blank text", texts(MINILM, "  "), "input 'TEXT'[0]: empty text"),
                bad(
                        "unknown datatype",
                        request("identity-float", input("X", "FLOAT", two, 1, 2)),
                        "inputs[0]: datatype: 'FLOAT'"),
                bad(
                        "wrong datatype",
                        request(
                                "identity-float",
                                input(
                                        "X",
                                        "FP64",
                                        InferTensorContents.newBuilder()
                                                .addFp64Contents(1)
                                                .addFp64Contents(2),
                                        1,
                                        2)),
                        "input 'X': datatype FP64 (expected: FP32)"),
                bad(
                        "wrong shape",
                        request("identity-float", input("X", "FP32", one, 1, 1)),
                        "input 'X': shape [1, 1] (expected: [-1, 2]"));
    }

    static Stream<Arguments> badContents() {
        InferTensorContents.Builder one = InferTensorContents.newBuilder().addFp32Contents(1);
        InferTensorContents.Builder two =
                InferTensorContents.newBuilder().addFp32Contents(1).addFp32Contents(2);
        return Stream.of(
                bad("wrong rank", request("identity-float", input("X", "FP32", two, 2)), "input 'X': shape [2]"),
                bad(
                        "negative shape",
                        request("identity-float", input("X", "FP32", two, -1, 2)),
                        "every dimension >= 0"),
                bad(
                        "too few elements",
                        request("identity-float", input("X", "FP32", one, 1, 2)),
                        "1 elements (expected: 2"),
                bad(
                        "contents of another type",
                        request(
                                "identity-float",
                                input(
                                        "X",
                                        "FP32",
                                        InferTensorContents.newBuilder()
                                                .addIntContents(1)
                                                .addIntContents(2),
                                        1,
                                        2)),
                        "expected: fp32_contents"),
                bad(
                        "number out of range",
                        request(
                                "identity-int8",
                                input(
                                        "X",
                                        "INT8",
                                        InferTensorContents.newBuilder()
                                                .addIntContents(1)
                                                .addIntContents(200),
                                        1,
                                        2)),
                        "200 (expected: -128 to 127"),
                bad(
                        "FP16 in contents",
                        request("identity-float16", input("X", "FP16", two, 1, 2)),
                        "expected: raw_input_contents"));
    }

    static Stream<Arguments> badRawContents() {
        InferTensorContents.Builder two =
                InferTensorContents.newBuilder().addFp32Contents(1).addFp32Contents(2);
        return Stream.of(
                bad(
                        "wrong byte count",
                        request("identity-float", raw("X", "FP32", 1, 2))
                                .addRawInputContents(ByteString.copyFrom(new byte[7])),
                        "7 bytes (expected: 8"),
                bad(
                        "raw and typed mixed",
                        request("identity-float", input("X", "FP32", two, 1, 2))
                                .addRawInputContents(ByteString.copyFrom(new byte[8])),
                        "contents beside raw_input_contents"),
                bad(
                        "too many raw entries",
                        request("identity-float", raw("X", "FP32", 1, 2))
                                .addRawInputContents(ByteString.copyFrom(new byte[8]))
                                .addRawInputContents(ByteString.EMPTY),
                        "2 entries (expected: 1"),
                bad(
                        "truncated string",
                        request(MINILM, raw("TEXT", "BYTES", 1))
                                .addRawInputContents(ByteString.copyFrom(new byte[] {9, 0, 0, 0, 'a'})),
                        "element 0 at byte 0 is 9 bytes long, 1 follow"),
                bad(
                        "truncated length",
                        request(MINILM, raw("TEXT", "BYTES", 1))
                                .addRawInputContents(ByteString.copyFrom(new byte[] {9, 0})),
                        "no complete length"),
                bad(
                        "invalid UTF-8",
                        request(
                                MINILM,
                                input(
                                        "TEXT",
                                        "BYTES",
                                        InferTensorContents.newBuilder()
                                                .addBytesContents(ByteString.copyFrom(new byte[] {(byte) 0xFF})),
                                        1)),
                        "not valid UTF-8"));
    }

    static Stream<Arguments> badForTheModel() {
        InferTensorContents.Builder two =
                InferTensorContents.newBuilder().addFp32Contents(1).addFp32Contents(2);
        return Stream.of(
                bad(
                        "same input twice",
                        request("identity-float", input("X", "FP32", two, 1, 2), input("X", "FP32", two, 1, 2)),
                        "'X' twice"),
                bad(
                        "unknown input",
                        request("identity-float", input("Z", "FP32", two, 1, 2)),
                        "input 'Z': unknown (expected: [X])"),
                bad(
                        "missing input",
                        request(
                                MINILM,
                                input(
                                        "input_ids",
                                        "INT64",
                                        InferTensorContents.newBuilder().addInt64Contents(101),
                                        1,
                                        1)),
                        "missing"),
                bad(
                        "unknown output",
                        request("identity-float", input("X", "FP32", two, 1, 2))
                                .addOutputs(
                                        InferRequestedOutputTensor.newBuilder().setName("Q")),
                        "output 'Q': unknown (expected: some of [Y])"));
    }

    static Stream<Arguments> badTokens() {
        return Stream.of(
                bad(
                        "token over the vocabulary",
                        request(
                                MINILM,
                                input(
                                        "TOKEN_IDS",
                                        "INT64",
                                        InferTensorContents.newBuilder().addInt64Contents(30522),
                                        1,
                                        1)),
                        "30522 (expected: below the vocabulary's 30522)"),
                bad(
                        "index that the graph refuses",
                        request(
                                MINILM,
                                input(
                                        "input_ids",
                                        "INT64",
                                        InferTensorContents.newBuilder().addInt64Contents(99999),
                                        1,
                                        1),
                                input(
                                        "attention_mask",
                                        "INT64",
                                        InferTensorContents.newBuilder().addInt64Contents(1),
                                        1,
                                        1),
                                input(
                                        "token_type_ids",
                                        "INT64",
                                        InferTensorContents.newBuilder().addInt64Contents(0),
                                        1,
                                        1)),
                        "the graph refuses its input"),
                bad(
                        "truncate that is no bool",
                        texts(MINILM, "x")
                                .putParameters(
                                        "truncate",
                                        InferParameter.newBuilder()
                                                .setStringParam("yes")
                                                .build()),
                        "parameters.truncate"));
    }

    private static Arguments bad(String name, ModelInferRequest.Builder request, String message) {
        return Arguments.of(Named.of(name, request), message);
    }

    @ParameterizedTest
    @MethodSource({"badTensors", "badContents", "badRawContents", "badForTheModel", "badTokens"})
    void badRequestIsRefusedAndTheServiceGoesOn(ModelInferRequest.Builder request, String message) {
        assertRefused(() -> client.infer(request), Status.Code.INVALID_ARGUMENT, message);

        assertThat(client.embed("still here")).hasSize(1);
    }

    @Test
    void unknownModelAndVersionAreNotFound() {
        assertRefused(() -> client.infer(texts("nope", "x")), Status.Code.NOT_FOUND, "model 'nope' is unknown");
        assertRefused(() -> client.infer(texts("../etc", "x")), Status.Code.NOT_FOUND, "is unknown");
        assertRefused(
                () -> client.infer(texts(MINILM, "x").setModelVersion("9")),
                Status.Code.NOT_FOUND,
                "has no version '9' (known: [1])");
        assertRefused(
                () -> client.stub()
                        .modelReady(
                                ModelReadyRequest.newBuilder().setName("nope").build()),
                Status.Code.NOT_FOUND,
                "nope");
    }

    @Test
    void messageOverTheLimitIsResourceExhausted() {
        assertRefused(
                () -> client.infer(request("identity-float", raw("X", "FP32", 10_000_000, 2))
                        .addRawInputContents(ByteString.copyFrom(new byte[80_000_000]))),
                Status.Code.RESOURCE_EXHAUSTED,
                "");

        assertThat(client.embed("still here")).hasSize(1);
    }
}
