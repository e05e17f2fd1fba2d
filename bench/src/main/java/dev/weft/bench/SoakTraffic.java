package dev.weft.bench;

import com.google.protobuf.ByteString;
import dev.weft.bench.Requests.Prepared;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferRequest.InferInputTensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The requests that a soak sends, prepared once.
 *
 * @param single one short text
 * @param many 2 to 32 texts of any length
 * @param lengthy one text of about 200 tokens
 * @param tensors the graph's own inputs
 * @param malformed each wrong in another way
 */
record SoakTraffic(
        List<Prepared> single,
        List<Prepared> many,
        List<Prepared> lengthy,
        List<ModelInferRequest> tensors,
        List<ModelInferRequest> malformed) {

    private static final int VARIANTS = 32;

    static SoakTraffic of(BundledModel model, long seed) {
        List<Text> mixed = Texts.logUniform(256, 8, 64, seed, model::tokens);
        List<Prepared> many = new ArrayList<>();
        List<ModelInferRequest> tensors = new ArrayList<>();
        for (int i = 0; i < VARIANTS; i++) {
            int start = i * 7;
            // Every eighth is large, the others small: it is rows, not requests, that take the time.
            int rows = i % 8 == 0 ? 32 : 1 + i % 8;
            many.add(Requests.of(mixed.subList(start, start + rows)));
            tensors.add(Requests.ofTensors(model.encode(mixed.subList(start, start + 1 + i % 4))));
        }
        return new SoakTraffic(
                Requests.of(Texts.sentences(model::tokens), 1),
                many,
                Requests.of(Texts.paragraphs(VARIANTS, 200, seed, model::tokens), 1),
                tensors,
                eachWrongInAnotherWay());
    }

    private static List<ModelInferRequest> eachWrongInAnotherWay() {
        ModelInferRequest good =
                Requests.of(List.of(new Text("Monthly rent", 4))).request();
        InferInputTensor text = good.getInputs(0);
        return List.of(
                good.toBuilder().clearInputs().clearRawInputContents().build(),
                good.toBuilder()
                        .setInputs(0, text.toBuilder().setName("NO_SUCH_INPUT"))
                        .build(),
                good.toBuilder()
                        .setInputs(0, text.toBuilder().setDatatype("FP33"))
                        .build(),
                good.toBuilder()
                        .setInputs(0, text.toBuilder().clearShape().addShape(3))
                        .build(),
                good.toBuilder()
                        .setInputs(0, text.toBuilder().clearShape().addShape(-1))
                        .build(),
                good.toBuilder()
                        .setRawInputContents(0, ByteString.copyFrom(new byte[] {1, 2, 3}))
                        .build(),
                good.toBuilder()
                        .setRawInputContents(0, ByteString.copyFrom(new byte[] {2, 0, 0, 0, (byte) 0xc3, (byte) 0x28}))
                        .build(),
                good.toBuilder()
                        .addOutputs(ModelInferRequest.InferRequestedOutputTensor.newBuilder()
                                .setName("NO_SUCH_OUTPUT"))
                        .build());
    }
}
