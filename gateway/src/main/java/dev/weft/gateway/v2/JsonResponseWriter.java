package dev.weft.gateway.v2;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.ByteString;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.protocol.inference.InferParameter;
import dev.weft.protocol.inference.ModelInferResponse;
import dev.weft.protocol.inference.ModelInferResponse.InferOutputTensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Writes an infer response, whose tensors are raw, as the protocol's JSON, with binary tensors behind it where they are wanted. */
final class JsonResponseWriter {

    private static final JsonFactory JSON = JsonFactory.builder().build();

    private JsonResponseWriter() {}

    /**
     * A REST body.
     *
     * @param bytes all of it
     * @param jsonLength how many of them are JSON; less than all when there are binary tensors
     */
    record Body(byte[] bytes, int jsonLength) {
        boolean isBinary() {
            return jsonLength < bytes.length;
        }
    }

    /**
     * Writes the body.
     *
     * @param isBinary which outputs, by name, go behind the JSON
     * @throws FailedPrecondition when an output has no JSON form: NaN, infinite numbers, bytes that are no UTF-8
     */
    static Body write(ModelInferResponse response, Predicate<String> isBinary) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(1024);
        List<ByteString> binary = new ArrayList<>();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("model_name", response.getModelName());
            json.writeStringField("model_version", response.getModelVersion());
            if (!response.getId().isEmpty()) {
                json.writeStringField("id", response.getId());
            }
            if (response.getParametersCount() > 0) {
                parameters(json, response.getParametersMap());
            }
            json.writeArrayFieldStart("outputs");
            for (int i = 0; i < response.getOutputsCount(); i++) {
                InferOutputTensor output = response.getOutputs(i);
                ByteString data = response.getRawOutputContents(i);
                boolean behind = isBinary.test(output.getName());
                if (behind) {
                    binary.add(data);
                }
                output(json, output, data, behind);
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
        int jsonLength = out.size();
        binary.forEach(data -> out.writeBytes(data.toByteArray()));
        return new Body(out.toByteArray(), jsonLength);
    }

    private static void output(JsonGenerator json, InferOutputTensor output, ByteString data, boolean behind)
            throws IOException {
        json.writeStartObject();
        json.writeStringField("name", output.getName());
        json.writeStringField("datatype", output.getDatatype());
        json.writeArrayFieldStart("shape");
        for (long dim : output.getShapeList()) {
            json.writeNumber(dim);
        }
        json.writeEndArray();
        if (behind) {
            json.writeObjectFieldStart("parameters");
            json.writeNumberField("binary_data_size", data.size());
            json.writeEndObject();
        } else {
            json.writeArrayFieldStart("data");
            ByteBuffer buffer = data.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; buffer.hasRemaining(); i++) {
                element(json, output, buffer, i);
            }
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    private static void element(JsonGenerator json, InferOutputTensor output, ByteBuffer data, int index)
            throws IOException {
        switch (output.getDatatype()) {
            case "BOOL" -> json.writeBoolean(data.get() != 0);
            case "UINT8" -> json.writeNumber(Byte.toUnsignedInt(data.get()));
            case "INT8" -> json.writeNumber((short) data.get());
            case "UINT16" -> json.writeNumber(Short.toUnsignedInt(data.getShort()));
            case "INT16" -> json.writeNumber(data.getShort());
            case "UINT32" -> json.writeNumber(Integer.toUnsignedLong(data.getInt()));
            case "INT32" -> json.writeNumber(data.getInt());
            case "INT64" -> json.writeNumber(data.getLong());
            case "UINT64" -> json.writeNumber(new BigInteger(Long.toUnsignedString(data.getLong())));
            case "FP16" -> json.writeNumber((float) finite(Float.float16ToFloat(data.getShort()), output, index));
            case "BF16" -> json.writeNumber((float) finite(RawTensors.fromBf16(data.getShort()), output, index));
            case "FP32" -> json.writeNumber((float) finite(data.getFloat(), output, index));
            case "FP64" -> json.writeNumber(finite(data.getDouble(), output, index));
            default -> json.writeString(text(data, output, index));
        }
    }

    private static double finite(double value, InferOutputTensor output, int index) {
        if (!Double.isFinite(value)) {
            throw noJson(output, index, Double.toString(value));
        }
        return value;
    }

    private static String text(ByteBuffer data, InferOutputTensor output, int index) {
        int length = data.getInt();
        ByteBuffer element = data.slice(data.position(), length);
        data.position(data.position() + length);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(element).toString();
        } catch (CharacterCodingException _) {
            throw noJson(output, index, "no UTF-8");
        }
    }

    private static FailedPrecondition noJson(InferOutputTensor output, int index, String value) {
        return new FailedPrecondition("output '" + output.getName() + "'[" + index + "] is " + value
                + ", which JSON cannot say (expected: a request for it as binary_data)");
    }

    private static void parameters(JsonGenerator json, Map<String, InferParameter> parameters) throws IOException {
        json.writeObjectFieldStart("parameters");
        for (Map.Entry<String, InferParameter> entry : parameters.entrySet()) {
            InferParameter value = entry.getValue();
            json.writeFieldName(entry.getKey());
            switch (value.getParameterChoiceCase()) {
                case BOOL_PARAM -> json.writeBoolean(value.getBoolParam());
                case INT64_PARAM -> json.writeNumber(value.getInt64Param());
                case STRING_PARAM -> json.writeString(value.getStringParam());
                case DOUBLE_PARAM -> json.writeNumber(value.getDoubleParam());
                case UINT64_PARAM -> json.writeNumber(new BigInteger(Long.toUnsignedString(value.getUint64Param())));
                case PARAMETERCHOICE_NOT_SET -> json.writeNull();
            }
        }
        json.writeEndObject();
    }
}
