package dev.weft.gateway.v2;

import com.google.protobuf.ByteString;
import dev.weft.gateway.http.BodyReader;
import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.telemetry.RequestMetrics;
import dev.weft.gateway.upstream.InferenceUpstream;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.protocol.inference.GRPCInferenceServiceGrpc;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferRequest.InferInputTensor;
import dev.weft.protocol.inference.ModelInferResponse;
import dev.weft.protocol.inference.ModelMetadataRequest;
import dev.weft.protocol.inference.ModelMetadataResponse;
import dev.weft.protocol.inference.ModelMetadataResponse.TensorMetadata;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestHeader;
import org.jboss.resteasy.reactive.RestPath;
import org.jspecify.annotations.Nullable;

/** The Open Inference Protocol V2 over REST: inference, as JSON and with the binary tensor extension. */
@Path("/v2")
@Tag(name = "Open Inference Protocol V2")
@Produces({MediaType.APPLICATION_JSON, MediaType.APPLICATION_OCTET_STREAM})
@Consumes(MediaType.WILDCARD)
@RunOnVirtualThread
public class InferResource {

    /** How many bytes of a body are JSON; binary tensors follow. */
    static final String JSON_LENGTH = "Inference-Header-Content-Length";

    private static final String REQUEST_EXAMPLE = """
            {"inputs": [{"name": "TEXT", "shape": [1], "datatype": "BYTES", "data": ["Card payment at the grocery store"]}]}""";

    private static final String RESPONSE_EXAMPLE = """
            {"model_name": "all-minilm-l6-v2", "model_version": "1", "outputs": [\
            {"name": "EMBEDDING", "datatype": "FP32", "shape": [1, 384], "data": [0.013, -0.047]}, \
            {"name": "TOKEN_COUNT", "datatype": "INT64", "shape": [1], "data": [8]}]}""";

    private final InferenceUpstream upstream;
    private final RequestMetrics metrics;
    private final BodyReader bodies;

    InferResource(InferenceUpstream upstream, RequestMetrics metrics, BodyReader bodies) {
        this.bodies = bodies;
        this.upstream = upstream;
        this.metrics = metrics;
    }

    @POST
    @Path("models/{model}/infer")
    @Operation(summary = "Runs a model, in the version that the server chooses")
    @RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema =
                                    @Schema(
                                            type =
                                                    org.eclipse.microprofile.openapi.annotations.enums.SchemaType
                                                            .OBJECT),
                            examples = @ExampleObject(name = "text", value = REQUEST_EXAMPLE)))
    @APIResponse(
            responseCode = "200",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            examples = @ExampleObject(name = "text", value = RESPONSE_EXAMPLE)))
    public Response infer(
            @RestPath String model,
            @RestHeader(JSON_LENGTH) @Nullable String jsonLength,
            InputStream body,
            @Context RoutingContext context) {
        return infer(model, "", jsonLength, bodies.read(body), RestCall.of(context));
    }

    @POST
    @Path("models/{model}/versions/{version}/infer")
    @Operation(summary = "Runs one version of a model")
    @RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema =
                                    @Schema(
                                            type =
                                                    org.eclipse.microprofile.openapi.annotations.enums.SchemaType
                                                            .OBJECT),
                            examples = @ExampleObject(name = "text", value = REQUEST_EXAMPLE)))
    public Response inferVersion(
            @RestPath String model,
            @RestPath String version,
            @RestHeader(JSON_LENGTH) @Nullable String jsonLength,
            InputStream body,
            @Context RoutingContext context) {
        return infer(model, version, jsonLength, bodies.read(body), RestCall.of(context));
    }

    private Response infer(String model, String version, @Nullable String jsonLength, byte[] body, RestCall call) {
        return metrics.record("v2", "ModelInfer", model, () -> {
            JsonRequestReader.Parsed parsed = read(model, version, jsonLength, body, call);
            ModelInferRequest request = parsed.request()
                    .setModelName(model)
                    .setModelVersion(version)
                    .build();
            ModelInferResponse response = upstream.infer(call, request);
            return answer(JsonResponseWriter.write(response, parsed::isBinary));
        });
    }

    private JsonRequestReader.Parsed read(
            String model, String version, @Nullable String jsonLength, byte[] body, RestCall call) {
        if (jsonLength == null) {
            return JsonRequestReader.read(body, body.length);
        }
        int length;
        try {
            length = Integer.parseInt(jsonLength.strip());
        } catch (NumberFormatException _) {
            length = -1;
        }
        if (length < 0 || length > body.length) {
            throw new InvalidArgument(
                    JSON_LENGTH + ": '" + jsonLength + "' (expected: 0 to the body's " + body.length + ")");
        }
        return length == 0 ? rawBody(model, version, body, call) : JsonRequestReader.read(body, length);
    }

    /** A body without any JSON is the one input of a model that has one input, as one row. */
    private JsonRequestReader.Parsed rawBody(String model, String version, byte[] body, RestCall call) {
        ModelMetadataResponse metadata = upstream.call(
                model,
                version,
                call,
                GRPCInferenceServiceGrpc.getModelMetadataMethod(),
                ModelMetadataRequest.newBuilder()
                        .setName(model)
                        .setVersion(version)
                        .build());
        if (metadata.getInputsCount() != 1) {
            throw new InvalidArgument(JSON_LENGTH + ": 0 for a model of " + metadata.getInputsCount()
                    + " inputs (expected: a model of one input)");
        }
        TensorMetadata input = metadata.getInputs(0);
        boolean bytes = input.getDatatype().equals("BYTES");
        ModelInferRequest.Builder request = ModelInferRequest.newBuilder()
                .addInputs(InferInputTensor.newBuilder()
                        .setName(input.getName())
                        .setDatatype(input.getDatatype())
                        .addAllShape(
                                bytes
                                        ? input.getShapeList().stream()
                                                .map(dim -> 1L)
                                                .toList()
                                        : shape(input, body.length)))
                .addRawInputContents(bytes ? element(body) : ByteString.copyFrom(body));
        return new JsonRequestReader.Parsed(request, true, Map.of());
    }

    private static ByteString element(byte[] body) {
        ByteBuffer element = ByteBuffer.allocate(Integer.BYTES + body.length).order(ByteOrder.LITTLE_ENDIAN);
        return ByteString.copyFrom(element.putInt(body.length).put(body).flip());
    }

    /** The declared shape with batch 1; what else is variable takes the elements that are left. */
    private static List<Long> shape(TensorMetadata input, int bytes) {
        List<Long> dims = new java.util.ArrayList<>(input.getShapeList());
        if (!dims.isEmpty() && dims.getFirst() < 0) {
            dims.set(0, 1L);
        }
        long fixed = RawTensors.size(input.getDatatype(), "datatype")
                * dims.stream().filter(dim -> dim >= 0).reduce(1L, (a, b) -> a * b);
        long variable = dims.stream().filter(dim -> dim < 0).count();
        if (variable > 1 || fixed == 0 || bytes % fixed != 0) {
            throw new InvalidArgument("body: " + bytes + " bytes (expected: input '" + input.getName() + "' of "
                    + input.getDatatype() + " " + input.getShapeList() + ", at most one of its dimensions unknown)");
        }
        return dims.stream().map(dim -> dim < 0 ? bytes / fixed : dim).toList();
    }

    private static Response answer(JsonResponseWriter.Body body) {
        if (!body.isBinary()) {
            return Response.ok(body.bytes(), MediaType.APPLICATION_JSON).build();
        }
        return Response.ok(body.bytes(), MediaType.APPLICATION_OCTET_STREAM)
                .header(JSON_LENGTH, body.jsonLength())
                .build();
    }
}
