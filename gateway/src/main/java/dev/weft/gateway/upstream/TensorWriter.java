package dev.weft.gateway.upstream;

import com.google.protobuf.UnsafeByteOperations;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.protocol.inference.InferParameter;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferRequest.InferInputTensor;
import dev.weft.protocol.inference.ModelInferRequest.InferRequestedOutputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes one request to a V2 text model, its tensors raw. Not thread-safe. */
final class TensorWriter {

    private final ModelInferRequest.Builder request;

    TensorWriter(String model) {
        this.request = ModelInferRequest.newBuilder().setModelName(model);
    }

    /** Asks for an output; a request that asks for none gets all that the model has. */
    TensorWriter output(String name) {
        request.addOutputs(InferRequestedOutputTensor.newBuilder().setName(name));
        return this;
    }

    /** Whether texts over the token limit are cut rather than refused. */
    TensorWriter truncate(boolean truncate) {
        if (truncate) {
            request.putParameters(
                    "truncate", InferParameter.newBuilder().setBoolParam(true).build());
        }
        return this;
    }

    /** Adds BYTES [rows]. */
    TensorWriter texts(String name, List<String> texts) {
        List<byte[]> elements = texts.stream()
                .map(text -> text.getBytes(StandardCharsets.UTF_8))
                .toList();
        int size = elements.stream()
                .mapToInt(element -> Integer.BYTES + element.length)
                .sum();
        ByteBuffer data = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        elements.forEach(element -> data.putInt(element.length).put(element));
        return add(name, "BYTES", data, texts.size());
    }

    /**
     * Adds INT32 [rows, tokens of the longest]; rows that are shorter end with a negative id.
     *
     * @throws InvalidArgument when that is more than a message can hold
     */
    TensorWriter tokens(String name, List<List<Integer>> rows) {
        int width = rows.stream().mapToInt(List::size).max().orElse(0);
        long size = (long) rows.size() * width * Integer.BYTES;
        if (size > Integer.MAX_VALUE) {
            throw new InvalidArgument("input: " + rows.size() + " rows of up to " + width + " tokens (expected: less)");
        }
        ByteBuffer data = ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
        for (List<Integer> row : rows) {
            for (int i = 0; i < width; i++) {
                data.putInt(i < row.size() ? row.get(i) : -1);
            }
        }
        return add(name, "INT32", data, rows.size(), width);
    }

    private TensorWriter add(String name, String datatype, ByteBuffer data, long... shape) {
        InferInputTensor.Builder tensor =
                InferInputTensor.newBuilder().setName(name).setDatatype(datatype);
        for (long dim : shape) {
            tensor.addShape(dim);
        }
        request.addInputs(tensor).addRawInputContents(UnsafeByteOperations.unsafeWrap(data.flip()));
        return this;
    }

    ModelInferRequest build() {
        return request.build();
    }

    /** The refusal in the words of our client, who knows fields and no tensors. */
    static InvalidArgument renamed(InvalidArgument refusal, String tensor, String field) {
        return new InvalidArgument(refusal.getMessage().replace("input '" + tensor + "'", field));
    }
}
