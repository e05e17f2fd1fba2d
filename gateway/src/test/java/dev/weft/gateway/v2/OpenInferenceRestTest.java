package dev.weft.gateway.v2;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.gateway.fixtures.Http;
import dev.weft.gateway.fixtures.ScriptedInference;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** V2 over REST; {@link OpenInferenceRestIT} runs the same against the packaged gateway. */
@QuarkusTest
@QuarkusTestResource(ScriptedInference.class)
class OpenInferenceRestTest {

    private static final String ECHO = "/v2/models/echo/infer";

    @TestHTTPResource
    private URI uri;

    private Http http;

    @BeforeEach
    void connect() {
        http = new Http(uri);
    }

    @Test
    void serverIsLiveReadyAndNamesItsExtensions() {
        assertThat(http.get("/v2/health/live").json().get("live").asBoolean()).isTrue();
        assertThat(http.get("/v2/health/ready").json().get("ready").asBoolean()).isTrue();
        assertThat(http.get("/v2").text()).contains("binary_tensor_data", "model_repository");
    }

    @Test
    void metadataAndReadinessOfAModelAreTold() {
        JsonNode metadata = http.get("/v2/models/embed").json();

        assertThat(metadata.at("/inputs/0/name").asText()).isEqualTo("TEXT");
        assertThat(metadata.at("/inputs/0/shape").toString()).isEqualTo("[-1,1]");
        assertThat(metadata.at("/properties/task").asText()).isEqualTo("test");
        assertThat(http.get("/v2/models/embed/versions/1").status()).isEqualTo(200);
        assertThat(http.get("/v2/models/embed/ready").status()).isEqualTo(200);
        assertThat(http.get("/v2/models/loading/ready").status()).isEqualTo(503);
        assertThat(http.get("/v2/models/loading/versions/1/ready")
                        .json()
                        .get("ready")
                        .asBoolean())
                .isFalse();
    }

    @Test
    void repositoryIsIndexedAndLoaded() {
        assertThat(http.post("/v2/repository/index", "").json()).hasSize(3);
        assertThat(http.post("/v2/repository/index", "{\"ready\": true}").json())
                .hasSize(2);
        assertThat(http.get("/v2/models").json().toString()).isEqualTo("{\"models\":[\"echo\"]}");
        assertThat(http.post("/v2/repository/models/echo/load", "").status()).isEqualTo(200);

        Http.Answer failed = http.post("/v2/repository/models/bad/load", "{}");

        assertThat(failed.status()).isEqualTo(400);
        assertThat(failed.json().get("error").asText()).isEqualTo("bad:1: no graph");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "BOOL | [true,false]",
                "UINT8 | [0,255]",
                "INT8 | [-128,127]",
                "UINT16 | [0,65535]",
                "INT16 | [-32768,32767]",
                "UINT32 | [0,4294967295]",
                "INT32 | [-2147483648,2147483647]",
                "UINT64 | [0,18446744073709551615]",
                "INT64 | [-9223372036854775808,9223372036854775807]",
                "FP16 | [0.5,-65504.0]",
                "BF16 | [0.5,-3.0]",
                "FP32 | [0.1,-3.4028235E38]",
                "FP64 | [0.1,1.7976931348623157E308]",
                "BYTES | [\"Zürich €\",\"\"]",
            })
    void everyDatatypeSurvivesAsJson(String datatype, String data) {
        Http.Answer answer = http.post(ECHO, request(datatype, "[2]", data));

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.json().at("/outputs/0/data").toString()).isEqualTo(data);
        assertThat(answer.json().at("/outputs/0/datatype").asText()).isEqualTo(datatype);
    }

    @Test
    void nestedDataAndDataBeforeShapeAreUnderstood() {
        Http.Answer answer = http.post(ECHO, """
                {"id": "42", "parameters": {"a": 1, "b": "x", "c": true, "d": 0.5}, "inputs": [
                  {"data": [[1, 2, 3], [4, 5, 6]], "name": "X", "shape": [2, 3], "datatype": "INT32"}]}
                """);

        assertThat(answer.json().at("/outputs/0/data").toString()).isEqualTo("[1,2,3,4,5,6]");
        assertThat(answer.json().get("id").asText()).isEqualTo("42");
        assertThat(answer.json().at("/parameters/a").asInt()).isEqualTo(1);
        assertThat(answer.json().at("/parameters/c").asBoolean()).isTrue();
    }

    @Test
    void versionInThePathReachesTheModel() {
        Http.Answer answer = http.post("/v2/models/echo/versions/1/infer", request("INT8", "[1]", "[1]"));

        assertThat(answer.json().get("model_version").asText()).isEqualTo("1");
    }

    @Test
    void binaryTensorsGoInAndComeOut() {
        byte[] json = """
                {"inputs": [
                   {"name": "A", "shape": [1, 2], "datatype": "FP32", "parameters": {"binary_data_size": 8}},
                   {"name": "B", "shape": [1], "datatype": "INT32", "data": [7]},
                   {"name": "C", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": 6}}],
                 "outputs": [{"name": "A", "parameters": {"binary_data": true}}, {"name": "B"},
                             {"name": "C", "parameters": {"binary_data": false}}]}
                """.getBytes(StandardCharsets.UTF_8);
        ByteBuffer body = ByteBuffer.allocate(json.length + 14).order(ByteOrder.LITTLE_ENDIAN);
        body.put(json).putFloat(1.5f).putFloat(-2.5f).putInt(2).put((byte) 'o').put((byte) 'k');

        Http.Answer answer =
                http.post(ECHO, body.array(), "Inference-Header-Content-Length", Integer.toString(json.length));

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).startsWith("application/octet-stream");
        int jsonLength = Integer.parseInt(answer.header("Inference-Header-Content-Length"));
        ByteBuffer bytes = ByteBuffer.wrap(answer.response().body()).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(bytes.remaining() - jsonLength).isEqualTo(8);
        assertThat(bytes.getFloat(jsonLength)).isEqualTo(1.5f);
        assertThat(bytes.getFloat(jsonLength + 4)).isEqualTo(-2.5f);
        String head = answer.text().substring(0, jsonLength);
        assertThat(head).contains("\"binary_data_size\":8", "\"data\":[7]", "\"data\":[\"ok\"]");
    }

    @Test
    void bodyWithoutJsonIsTheOneInput() {
        ByteBuffer numbers = ByteBuffer.allocate(12)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(1)
                .putFloat(2)
                .putFloat(3);

        Http.Answer answer =
                http.post("/v2/models/numbers/infer", numbers.array(), "Inference-Header-Content-Length", "0");

        assertThat(answer.text()).contains("\"shape\":[1,3]", "\"binary_data_size\":12");
    }

    @Test
    void numbersThatJsonCannotSayAreRefusedUnlessBinary() {
        byte[] json =
                "{\"inputs\": [{\"name\": \"A\", \"shape\": [1], \"datatype\": \"FP32\", \"parameters\": {\"binary_data_size\": 4}}]}"
                        .getBytes(StandardCharsets.UTF_8);
        ByteBuffer body = ByteBuffer.allocate(json.length + 4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(json)
                .putFloat(Float.NaN);

        Http.Answer answer =
                http.post(ECHO, body.array(), "Inference-Header-Content-Length", Integer.toString(json.length));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().get("error").asText()).contains("output 'A'[0] is NaN", "binary_data");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`` | body: nothing (expected: a JSON object)",
                "[] | body: an array (expected: a JSON object)",
                "{\"inputs\": | malformed JSON at line 1",
                "{} | inputs: none",
                "{\"inputs\": 3} | inputs: a number (expected: an array)",
                "{\"inputs\": [3]} | inputs[0]: a number (expected: an object)",
                "{\"inputs\": [{\"name\": \"X\"}]} | name, datatype or shape missing",
                "{\"inputs\": [{\"name\": 5}]} | inputs[0].name: a number (expected: a string)",
                "{\"inputs\": [{\"name\": \"X\", \"shape\": [1], \"datatype\": \"FP32\"}]} | inputs[0]: no data",
                "{\"inputs\": [{\"name\": \"X\", \"shape\": [\"a\"], \"datatype\": \"FP32\"}]} | inputs[0].shape[0]: a string",
                "{\"inputs\": [{\"name\": \"X\", \"shape\": [-1], \"datatype\": \"FP32\", \"data\": []}]} | inputs[0].shape",
                "{\"inputs\": [{\"name\": \"X\", \"shape\": [1], \"datatype\": \"FLOAT\", \"data\": [1]}]} | inputs[0].datatype: 'FLOAT'",
                "{\"inputs\": [{\"name\": \"X\", \"shape\": [2], \"datatype\": \"FP32\", \"data\": [1]}]} | 1 elements (expected: 2",
                "{\"inputs\": [{\"name\": \"X\", \"shape\": [1], \"datatype\": \"FP32\", \"data\": [1, 2]}]} | more than 1 elements",
                "{\"inputs\": [{\"name\": \"X\", \"shape\": [1], \"datatype\": \"FP32\", \"data\": [\"a\"]}]} | inputs[0].data[0]: a (expected: a number)",
                "{\"inputs\": [{\"name\": \"X\", \"shape\": [1], \"datatype\": \"FP32\", \"data\": [NaN]}]} | JSON has no NaN",
                "{\"inputs\": [{\"name\": \"X\", \"shape\": [1], \"datatype\": \"FP32\", \"data\": [1e39]}]} | a number that FP32 can hold",
                "{\"inputs\": [{\"name\": \"X\", \"shape\": [1], \"datatype\": \"FP64\", \"data\": [1e999]}]} | a number that FP64 can hold",
                "{\"inputs\": [{\"name\": \"X\", \"shape\": [1], \"datatype\": \"INT8\", \"data\": [128]}]} | an integer from -128 to 127",
                "{\"inputs\": [{\"name\": \"X\", \"shape\": [1], \"datatype\": \"INT32\", \"data\": [1.5]}]} | an integer",
                "{\"inputs\": [{\"name\": \"X\", \"shape\": [1], \"datatype\": \"BYTES\", \"data\": [1]}]} | a string",
                "{\"inputs\": [{\"name\": \"X\", \"shape\": [1], \"datatype\": \"BYTES\", \"data\": [\"\\ud800\"]}]} | half of a surrogate pair",
                "{\"inputs\": [{\"name\": \"X\", \"shape\": [2,2], \"datatype\": \"INT8\", \"data\": [[1,2,3],[4]]}]} | 3 entries in dimension 1",
                "{\"inputs\": [{\"name\": \"X\", \"shape\": [1], \"datatype\": \"INT8\", \"data\": [1]}, {\"name\": \"X\", \"shape\": [1], \"datatype\": \"INT8\", \"data\": [1]}]} | 'X' twice",
                "{\"inputs\": [{\"name\": \"X\", \"shape\": [1], \"datatype\": \"INT8\", \"data\": [1]}], \"parameters\": {\"p\": []}} | parameters.p: an array",
            })
    void malformedRequestIsRefusedWithItsField(String body, String message) {
        Http.Answer answer = http.post(ECHO, body);

        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.json().get("error").asText()).contains(message);
    }

    @Test
    void invalidUtf8InTheBodyIsRefused() {
        byte[] body = request("BYTES", "[1]", "[\"?\"]").getBytes(StandardCharsets.UTF_8);
        body[new String(body, StandardCharsets.UTF_8).indexOf('?')] = (byte) 0xFF;

        Http.Answer answer = http.post(ECHO, body);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().get("error").asText()).contains("UTF-8");
    }

    @Test
    void wrongBinaryLengthsAreRefused() {
        byte[] json =
                "{\"inputs\": [{\"name\": \"A\", \"shape\": [1], \"datatype\": \"FP32\", \"parameters\": {\"binary_data_size\": 4}}]}"
                        .getBytes(StandardCharsets.UTF_8);
        String length = Integer.toString(json.length);

        assertThat(http.post(ECHO, json, "Inference-Header-Content-Length", length)
                        .text())
                .contains("binary_data_size: 4 (expected: 0 to the 0 bytes");
        assertThat(http.post(
                                ECHO,
                                java.util.Arrays.copyOf(json, json.length + 5),
                                "Inference-Header-Content-Length",
                                length)
                        .text())
                .contains("5 bytes behind the JSON (expected: 4");
        assertThat(http.post(ECHO, json, "Inference-Header-Content-Length", "many")
                        .text())
                .contains("Inference-Header-Content-Length: 'many'");
    }

    @Test
    void bodyOverTheLimitIsRefusedInTheProtocolsForm() {
        byte[] body = new byte[200_000_000];

        Http.Answer known = http.post(ECHO, body);
        Http.Answer chunked = http.send(http.request(ECHO)
                .POST(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body))));

        assertThat(known.status()).isEqualTo(413);
        assertThat(known.json().get("error").asText()).isEqualTo("body: 200000000 bytes (expected: at most 16777216)");
        assertThat(chunked.status()).isEqualTo(413);
        assertThat(chunked.json().get("error").asText()).contains("expected: at most 16777216");
    }

    @Test
    void failuresOfTheModelHaveTheirStatus() {
        String request = request("INT8", "[1]", "[1]");

        assertThat(http.post("/v2/models/nope/infer", request).status()).isEqualTo(404);
        assertThat(http.post("/v2/models/broken/infer", request).status()).isEqualTo(500);
        assertThat(http.get("/v2/nothing/here").status()).isEqualTo(404);
        assertThat(http.get(ECHO).status()).isEqualTo(405);
        assertThat(http.get("/v2/nothing/here").json().get("error").asText())
                .isEqualTo("no such path: /v2/nothing/here");

        Http.Answer full = http.post("/v2/models/full/infer", request);
        assertThat(full.status()).isEqualTo(429);
        assertThat(full.header("Retry-After")).isEqualTo("2");
        assertThat(full.header("Retry-After-Ms")).isEqualTo("1500");
    }

    private static String request(String datatype, String shape, String data) {
        return "{\"inputs\": [{\"name\": \"X\", \"shape\": " + shape + ", \"datatype\": \"" + datatype
                + "\", \"data\": " + data + "}]}";
    }
}
