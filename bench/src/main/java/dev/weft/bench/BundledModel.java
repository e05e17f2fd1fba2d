package dev.weft.bench;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The bundled model, opened in this process as inference-service opens it: one thread per run. Thread-safe; frees its memory when closed. */
final class BundledModel implements AutoCloseable {

    static final String NAME = "all-minilm-l6-v2";

    /** Length of a vector. */
    static final int DIM = 384;

    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;
    private final HuggingFaceTokenizer tokenizer;

    BundledModel(Path folder) throws OrtException, IOException {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            session = environment.createSession(
                    folder.resolve("onnx/model_quantized.onnx").toString(), options);
        }
        Map<String, String> asItIs = Map.of("padding", "false", "truncation", "false");
        tokenizer = HuggingFaceTokenizer.newInstance(folder.resolve("tokenizer.json"), asItIs);
    }

    /**
     * Texts as the graph takes them.
     *
     * @param rows how many texts
     * @param width tokens of the longest; the others are padded to it
     * @param ids [rows, width]
     * @param mask [rows, width], 1 where there is a token
     * @param types [rows, width], all 0
     * @param tokens padding not counted
     */
    record Batch(int rows, int width, long[] ids, long[] mask, long[] types, int tokens) {}

    /** How many tokens the text has, the special ones counted. */
    int tokens(String text) {
        return tokenizer.encode(text).getIds().length;
    }

    Batch encode(List<Text> texts) {
        int width = texts.stream().mapToInt(Text::tokens).max().orElseThrow();
        long[] ids = new long[texts.size() * width];
        long[] mask = new long[ids.length];
        for (int row = 0; row < texts.size(); row++) {
            Encoding encoding = tokenizer.encode(texts.get(row).value());
            long[] own = encoding.getIds();
            System.arraycopy(own, 0, ids, row * width, own.length);
            Arrays.fill(mask, row * width, row * width + own.length, 1);
        }
        int tokens = texts.stream().mapToInt(Text::tokens).sum();
        return new Batch(texts.size(), width, ids, mask, new long[ids.length], tokens);
    }

    /** Computes the graph and nothing more. */
    void run(Batch batch) throws OrtException {
        compute(batch, _ -> 0);
    }

    /** Computes the vectors: mean over the tokens, length 1. */
    float[][] embed(Batch batch) throws OrtException {
        return compute(batch, result -> {
            FloatBuffer hidden = ((OnnxTensor) result.get(0)).getFloatBuffer();
            float[][] vectors = new float[batch.rows()][];
            for (int row = 0; row < batch.rows(); row++) {
                vectors[row] = mean(hidden, batch, row);
            }
            return vectors;
        });
    }

    private interface Reader<T> {
        T read(OrtSession.Result result) throws OrtException;
    }

    private <T> T compute(Batch batch, Reader<T> reader) throws OrtException {
        long[] shape = {batch.rows(), batch.width()};
        Map<String, OnnxTensor> feeds = new HashMap<>();
        try {
            feeds.put("input_ids", OnnxTensor.createTensor(environment, LongBuffer.wrap(batch.ids()), shape));
            feeds.put("attention_mask", OnnxTensor.createTensor(environment, LongBuffer.wrap(batch.mask()), shape));
            feeds.put("token_type_ids", OnnxTensor.createTensor(environment, LongBuffer.wrap(batch.types()), shape));
            try (OrtSession.Result result = session.run(feeds)) {
                return reader.read(result);
            }
        } finally {
            feeds.values().forEach(OnnxTensor::close);
        }
    }

    private static float[] mean(FloatBuffer hidden, Batch batch, int row) {
        float[] sum = new float[DIM];
        for (int column = 0; column < batch.width(); column++) {
            int token = row * batch.width() + column;
            if (batch.mask()[token] == 1) {
                for (int i = 0; i < DIM; i++) {
                    sum[i] += hidden.get(token * DIM + i);
                }
            }
        }
        double norm = Math.sqrt(cosine(sum, sum));
        for (int i = 0; i < DIM; i++) {
            sum[i] = (float) (sum[i] / norm);
        }
        return sum;
    }

    /** The cosine of two vectors of length 1. */
    static double cosine(float[] a, float[] b) {
        double product = 0;
        for (int i = 0; i < a.length; i++) {
            product += (double) a[i] * b[i];
        }
        return product;
    }

    @Override
    public void close() throws OrtException {
        tokenizer.close();
        session.close();
    }
}
