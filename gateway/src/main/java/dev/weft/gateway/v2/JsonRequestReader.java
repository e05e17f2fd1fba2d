package dev.weft.gateway.v2;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.ObjectCodec;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.util.TokenBuffer;
import com.google.protobuf.ByteString;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.protocol.inference.InferParameter;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferRequest.InferInputTensor;
import dev.weft.protocol.inference.ModelInferRequest.InferRequestedOutputTensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads one REST infer request, JSON with or without binary tensors behind it, into the gRPC message, whose tensors are always
 * raw. Used once; not thread-safe.
 */
final class JsonRequestReader {

    private static final String BINARY_DATA_SIZE = "binary_data_size";
    private static final String BINARY_DATA = "binary_data";
    private static final String BINARY_DATA_OUTPUT = "binary_data_output";

    /** A codec is needed to replay an input whose data came before its shape. */
    private static final ObjectCodec CODEC = new ObjectMapper();

    private static final JsonFactory JSON = JsonFactory.builder().build();

    private final ModelInferRequest.Builder request = ModelInferRequest.newBuilder();
    private final ByteString binary;
    private final Map<String, Boolean> binaryOutputs = new HashMap<>();
    private int binaryPosition;
    private boolean binaryByDefault;

    private JsonRequestReader(ByteString binary) {
        this.binary = binary;
    }

    /**
     * What was asked, and in which form the answer goes back.
     *
     * @param request without the model's name and version, which the path tells
     * @param binaryByDefault whether outputs are binary that {@code binaryOutputs} does not name
     */
    record Parsed(ModelInferRequest.Builder request, boolean binaryByDefault, Map<String, Boolean> binaryOutputs) {
        boolean isBinary(String output) {
            return binaryOutputs.getOrDefault(output, binaryByDefault);
        }
    }

    /**
     * Reads a body.
     *
     * @param body the whole of it
     * @param jsonLength how many of its bytes are JSON; the rest are the binary tensors, in the order of the inputs
     * @throws InvalidArgument naming the field, what came and what was expected
     */
    static Parsed read(byte[] body, int jsonLength) {
        ByteString binary = ByteString.copyFrom(body, jsonLength, body.length - jsonLength);
        JsonRequestReader reader = new JsonRequestReader(binary);
        try (JsonParser parser = JSON.createParser(body, 0, jsonLength)) {
            reader.readRequest(parser);
            if (parser.nextToken() != null) {
                throw new InvalidArgument("body: more behind the JSON object (expected: one object)");
            }
        } catch (JsonProcessingException e) {
            throw malformed(e);
        } catch (IOException e) {
            throw new InvalidArgument("body: " + e.getMessage());
        }
        if (reader.binaryPosition != binary.size()) {
            throw new InvalidArgument("body: " + binary.size() + " bytes behind the JSON (expected: "
                    + reader.binaryPosition + ", the sum of binary_data_size)");
        }
        return new Parsed(reader.request, reader.binaryByDefault, reader.binaryOutputs);
    }

    /** Where and why a body is no JSON; the parser's excerpt of the body is left out. */
    static InvalidArgument malformed(JsonProcessingException e) {
        String where = e.getLocation() == null
                ? ""
                : " at line " + e.getLocation().getLineNr() + ", column "
                        + e.getLocation().getColumnNr();
        String why = e.getOriginalMessage();
        if (why.startsWith("Non-standard token")) {
            why = why.substring(0, why.indexOf(':')) + ": JSON has no NaN and no Infinity";
        }
        return new InvalidArgument("body: malformed JSON" + where + ": " + why);
    }

    private void readRequest(JsonParser parser) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw new InvalidArgument("body: " + describe(parser) + " (expected: a JSON object)");
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            switch (name) {
                case "id" -> request.setId(string(parser, "id"));
                case "parameters" -> {
                    Map<String, InferParameter> parameters = parameters(parser, "parameters");
                    InferParameter all = parameters.remove(BINARY_DATA_OUTPUT);
                    binaryByDefault = all != null && all.getBoolParam();
                    request.putAllParameters(parameters);
                }
                case "inputs" -> inputs(parser);
                case "outputs" -> outputs(parser);
                default -> parser.skipChildren();
            }
        }
        if (request.getInputsCount() == 0) {
            throw new InvalidArgument("inputs: none (expected: at least one)");
        }
    }

    private void inputs(JsonParser parser) throws IOException {
        requireArray(parser, "inputs");
        Set<String> names = new HashSet<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            String field = "inputs[" + request.getInputsCount() + "]";
            InferInputTensor input = input(parser, field);
            if (!names.add(input.getName())) {
                throw new InvalidArgument(field + ".name: '" + input.getName() + "' twice (expected: unique names)");
            }
            request.addInputs(input);
        }
    }

    private InferInputTensor input(JsonParser parser, String field) throws IOException {
        requireObject(parser, field);
        InferInputTensor.Builder input = InferInputTensor.newBuilder();
        boolean shaped = false;
        @Nullable ByteString data = null;
        @Nullable TokenBuffer early = null;
        Map<String, InferParameter> parameters = Map.of();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            switch (name) {
                case "name" -> input.setName(string(parser, field + ".name"));
                case "datatype" -> input.setDatatype(string(parser, field + ".datatype"));
                case "shape" -> {
                    input.addAllShape(shape(parser, field + ".shape"));
                    shaped = true;
                }
                case "parameters" -> parameters = parameters(parser, field + ".parameters");
                case "data" -> {
                    if (shaped && !input.getDatatype().isEmpty()) {
                        data = new JsonTensorReader(field, input.getDatatype(), input.getShapeList()).read(parser);
                    } else {
                        early = new TokenBuffer(parser);
                        early.copyCurrentStructure(parser);
                    }
                }
                default -> parser.skipChildren();
            }
        }
        if (input.getName().isEmpty() || input.getDatatype().isEmpty() || !shaped) {
            throw new InvalidArgument(field + ": name, datatype or shape missing (expected: all three)");
        }
        if (early != null) {
            JsonParser replay = early.asParser(CODEC);
            replay.nextToken();
            data = new JsonTensorReader(field, input.getDatatype(), input.getShapeList()).read(replay);
        }
        request.addRawInputContents(contents(field, data, parameters));
        return input.build();
    }

    private ByteString contents(String field, @Nullable ByteString data, Map<String, InferParameter> parameters) {
        InferParameter size = parameters.get(BINARY_DATA_SIZE);
        if ((size == null) == (data == null)) {
            throw new InvalidArgument(field + (data == null ? ": no data" : ": data beside binary_data_size")
                    + " (expected: data, or parameters.binary_data_size and the bytes behind the JSON)");
        }
        if (data != null) {
            return data;
        }
        long length = size == null || !size.hasInt64Param() ? -1 : size.getInt64Param();
        if (length < 0 || length > binary.size() - binaryPosition) {
            throw new InvalidArgument(field + ".parameters.binary_data_size: " + (length < 0 ? "no size" : length)
                    + " (expected: 0 to the " + (binary.size() - binaryPosition)
                    + " bytes that are left behind the JSON)");
        }
        ByteString bytes = binary.substring(binaryPosition, binaryPosition + (int) length);
        binaryPosition += (int) length;
        return bytes;
    }

    private void outputs(JsonParser parser) throws IOException {
        requireArray(parser, "outputs");
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            String field = "outputs[" + request.getOutputsCount() + "]";
            requireObject(parser, field);
            String name = "";
            Map<String, InferParameter> parameters = Map.of();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String key = parser.currentName();
                parser.nextToken();
                switch (key) {
                    case "name" -> name = string(parser, field + ".name");
                    case "parameters" -> parameters = parameters(parser, field + ".parameters");
                    default -> parser.skipChildren();
                }
            }
            InferParameter form = parameters.get(BINARY_DATA);
            if (form != null) {
                binaryOutputs.put(name, form.getBoolParam());
            }
            request.addOutputs(InferRequestedOutputTensor.newBuilder().setName(name));
        }
    }

    private static List<Long> shape(JsonParser parser, String field) throws IOException {
        requireArray(parser, field);
        List<Long> shape = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT
                    || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
                throw new InvalidArgument(
                        field + "[" + shape.size() + "]: " + describe(parser) + " (expected: an integer)");
            }
            shape.add(parser.getLongValue());
        }
        return shape;
    }

    private static Map<String, InferParameter> parameters(JsonParser parser, String field) throws IOException {
        requireObject(parser, field);
        Map<String, InferParameter> parameters = new HashMap<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            InferParameter.Builder value = InferParameter.newBuilder();
            switch (parser.nextToken()) {
                case VALUE_TRUE, VALUE_FALSE -> value.setBoolParam(parser.getBooleanValue());
                case VALUE_NUMBER_INT -> value.setInt64Param(parser.getLongValue());
                case VALUE_NUMBER_FLOAT -> value.setDoubleParam(parser.getDoubleValue());
                case VALUE_STRING -> value.setStringParam(parser.getText());
                default ->
                    throw new InvalidArgument(field + "." + name + ": " + describe(parser)
                            + " (expected: a string, a number or a boolean)");
            }
            parameters.put(name, value.build());
        }
        return parameters;
    }

    private static String string(JsonParser parser, String field) throws IOException {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
            throw new InvalidArgument(field + ": " + describe(parser) + " (expected: a string)");
        }
        return parser.getText();
    }

    private static void requireArray(JsonParser parser, String field) {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw new InvalidArgument(field + ": " + describe(parser) + " (expected: an array)");
        }
    }

    private static void requireObject(JsonParser parser, String field) {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw new InvalidArgument(field + ": " + describe(parser) + " (expected: an object)");
        }
    }

    private static String describe(JsonParser parser) {
        JsonToken token = parser.currentToken();
        if (token == null) {
            return "nothing";
        }
        return switch (token) {
            case START_OBJECT -> "an object";
            case START_ARRAY -> "an array";
            case VALUE_STRING -> "a string";
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
            case VALUE_TRUE, VALUE_FALSE -> "a boolean";
            case VALUE_NULL -> "null";
            case NOT_AVAILABLE, END_OBJECT, END_ARRAY, FIELD_NAME, VALUE_EMBEDDED_OBJECT -> token.name();
        };
    }
}
