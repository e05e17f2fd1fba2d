package dev.weft.bench;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The limit: ONNX Runtime called in a loop on tokens that are ready, with no tokenizer, queue, pooling or wire. */
final class DirectTarget implements Target {

    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;
    private final List<Map<String, long[]>> inputs = new ArrayList<>();

    DirectTarget(Path model) throws OrtException, IOException {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            // As inference-service opens it, so that the difference is Weft's own.
            options.setIntraOpNumThreads(1);
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            session = environment.createSession(
                    model.resolve("onnx/model_quantized.onnx").toString(), options);
        }
        Map<String, String> padding = Map.of("padding", "false", "truncation", "false");
        try (HuggingFaceTokenizer tokenizer =
                HuggingFaceTokenizer.newInstance(model.resolve("tokenizer.json"), padding)) {
            for (String sentence : Sentences.ALL) {
                Encoding encoding = tokenizer.encode(sentence);
                inputs.add(Map.of(
                        "input_ids", encoding.getIds(),
                        "attention_mask", encoding.getAttentionMask(),
                        "token_type_ids", encoding.getTypeIds()));
            }
        }
    }

    @Override
    public String label() {
        return "direct";
    }

    @Override
    public void embed(int sentence) throws OrtException {
        Map<String, OnnxTensor> feeds = new HashMap<>();
        try {
            for (Map.Entry<String, long[]> input :
                    inputs.get(Math.floorMod(sentence, inputs.size())).entrySet()) {
                long[] shape = {1, input.getValue().length};
                feeds.put(
                        input.getKey(), OnnxTensor.createTensor(environment, LongBuffer.wrap(input.getValue()), shape));
            }
            session.run(feeds).close();
        } finally {
            feeds.values().forEach(OnnxTensor::close);
        }
    }

    @Override
    public void close() throws OrtException {
        session.close();
    }
}
