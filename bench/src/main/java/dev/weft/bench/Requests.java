package dev.weft.bench;

import com.google.protobuf.ByteString;
import dev.weft.protocol.inference.InferParameter;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferRequest.InferInputTensor;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** V2 requests with raw tensors. */
final class Requests {

    private Requests() {}

    /**
     * A request and what it asks for.
     *
     * @param texts its rows
     * @param tokens in all rows
     */
    record Prepared(ModelInferRequest request, List<Text> texts, int tokens) {}

    /** Texts for the model's own tokenizer. */
    static Prepared of(List<Text> texts) {
        ByteArrayOutputStream raw = new ByteArrayOutputStream();
        for (Text text : texts) {
            byte[] utf8 = text.value().getBytes(StandardCharsets.UTF_8);
            ByteBuffer length = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            raw.writeBytes(length.putInt(utf8.length).array());
            raw.writeBytes(utf8);
        }
        ModelInferRequest request = ModelInferRequest.newBuilder()
                .setModelName(BundledModel.NAME)
                .addInputs(InferInputTensor.newBuilder()
                        .setName("TEXT")
                        .setDatatype("BYTES")
                        .addShape(texts.size()))
                .addRawInputContents(ByteString.copyFrom(raw.toByteArray()))
                .build();
        return new Prepared(
                request,
                List.copyOf(texts),
                texts.stream().mapToInt(Text::tokens).sum());
    }

    /** The texts in their order, so many per request, as many requests as it takes to use each text once. */
    static List<Prepared> of(List<Text> texts, int rows) {
        List<Prepared> requests = new ArrayList<>();
        for (int start = 0; start < texts.size(); start += rows) {
            List<Text> own = new ArrayList<>();
            for (int i = start; i < start + rows; i++) {
                own.add(texts.get(i % texts.size()));
            }
            requests.add(of(own));
        }
        return requests;
    }

    /** The same request, of that priority. */
    static Prepared withPriority(Prepared prepared, String priority) {
        ModelInferRequest request = prepared.request().toBuilder()
                .putParameters(
                        "priority",
                        InferParameter.newBuilder().setStringParam(priority).build())
                .build();
        return new Prepared(request, prepared.texts(), prepared.tokens());
    }

    /** Tensors for the graph itself, which gives back what no pooling has touched. */
    static ModelInferRequest ofTensors(BundledModel.Batch batch) {
        ModelInferRequest.Builder request = ModelInferRequest.newBuilder().setModelName(BundledModel.NAME);
        add(request, "input_ids", batch, batch.ids());
        add(request, "attention_mask", batch, batch.mask());
        add(request, "token_type_ids", batch, batch.types());
        return request.build();
    }

    private static void add(ModelInferRequest.Builder request, String name, BundledModel.Batch batch, long[] values) {
        ByteBuffer raw = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        raw.asLongBuffer().put(values);
        request.addInputs(InferInputTensor.newBuilder()
                        .setName(name)
                        .setDatatype("INT64")
                        .addShape(batch.rows())
                        .addShape(batch.width()))
                .addRawInputContents(ByteString.copyFrom(raw));
    }
}
