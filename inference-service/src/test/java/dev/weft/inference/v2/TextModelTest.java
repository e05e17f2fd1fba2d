package dev.weft.inference.v2;

import static dev.weft.inference.v2.V2Client.assertRefused;
import static dev.weft.inference.v2.V2Client.cosine;
import static dev.weft.inference.v2.V2Client.input;
import static dev.weft.inference.v2.V2Client.raw;
import static dev.weft.inference.v2.V2Client.request;
import static dev.weft.inference.v2.V2Client.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import com.google.protobuf.ByteString;
import dev.weft.inference.fixtures.TestPackages;
import dev.weft.protocol.inference.InferTensorContents;
import dev.weft.protocol.inference.ModelInferResponse;
import io.grpc.Status;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sentence embedding and text classification with real models; {@link TextModelIT} runs the same against the packaged service. */
@QuarkusTest
@QuarkusTestResource(TestRepository.class)
class TextModelTest {

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

    // Sentence embedding

    static final List<String> SENTENCES = List.of(
            "How do I block my card?",
            "My card was stolen, please freeze it",
            "Monthly rent, apartment 4b",
            "Überweisung an Café Zürich über 12 €",
            "a much longer sentence that tells about a mortgage, its interest rate and the many papers that a bank asks for");

    @Test
    void embeddingsAgreeWithAnIndependentComputation() throws Exception {
        List<float[]> ours = client.embed(SENTENCES.toArray(String[]::new));

        for (int i = 0; i < SENTENCES.size(); i++) {
            assertThat(cosine(ours.get(i), computeDirectly(SENTENCES.get(i)))).isGreaterThanOrEqualTo(0.9999);
        }
    }

    @Test
    void batchAndSingleResultsAgree() {
        List<float[]> batch = client.embed(SENTENCES.toArray(String[]::new));

        for (int i = 0; i < SENTENCES.size(); i++) {
            assertThat(cosine(client.embed(SENTENCES.get(i)).getFirst(), batch.get(i)))
                    .isGreaterThan(0.9999);
        }
    }

    @Test
    void paraphrasesAreNearerThanUnrelatedSentences() {
        List<float[]> vectors = client.embed(
                "How do I block my card?",
                "My card was stolen, please freeze it",
                "What is the interest rate of a mortgage?");

        double paraphrase = cosine(vectors.get(0), vectors.get(1));
        assertThat(paraphrase).isGreaterThan(cosine(vectors.get(0), vectors.get(2)) + 0.2);
    }

    @Test
    void manyTextsOfManyLengthsComeBackInOrder() {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            texts.add("transfer " + "and again ".repeat(i % 40) + i);
        }

        List<float[]> together = client.embed(texts.toArray(String[]::new));

        for (int i = 0; i < texts.size(); i += 57) {
            assertThat(cosine(together.get(i), client.embed(texts.get(i)).getFirst()))
                    .isGreaterThan(0.9999);
        }
    }

    @Test
    void tokenIdsGiveWhatTheirTextGives() {
        float[] text = client.embed("How do I block my card?").getFirst();
        long[] ids;
        try (HuggingFaceTokenizer tokenizer = tokenizer()) {
            ids = tokenizer.encode("How do I block my card?").getIds();
        }
        InferTensorContents.Builder contents = InferTensorContents.newBuilder();
        for (long id : ids) {
            contents.addInt64Contents(id);
        }
        for (int i = 0; i < 5; i++) {
            contents.addInt64Contents(-1);
        }

        ModelInferResponse response =
                client.infer(request(MINILM, input("TOKEN_IDS", "INT64", contents, 1, ids.length + 5)));

        assertThat(cosine(V2Client.floats(response.getOutputs(0).getContents()), text))
                .isGreaterThan(0.99999);
        assertThat(response.getOutputs(1).getContents().getInt64Contents(0)).isEqualTo(ids.length);
    }

    @Test
    void textModelIsAlsoReachableAsRawTensors() {
        InferTensorContents.Builder ids =
                InferTensorContents.newBuilder().addInt64Contents(101).addInt64Contents(102);
        InferTensorContents.Builder ones =
                InferTensorContents.newBuilder().addInt64Contents(1).addInt64Contents(1);
        InferTensorContents.Builder zeros =
                InferTensorContents.newBuilder().addInt64Contents(0).addInt64Contents(0);

        ModelInferResponse response = client.infer(request(
                MINILM,
                input("input_ids", "INT64", ids, 1, 2),
                input("attention_mask", "INT64", ones, 1, 2),
                input("token_type_ids", "INT64", zeros, 1, 2)));

        assertThat(response.getOutputs(0).getShapeList()).containsExactly(1L, 2L, 384L);
        assertThat(response.getOutputs(0).getContents().getFp32ContentsCount()).isEqualTo(768);
    }

    @Test
    void rawBytesInGiveRawBytesOut() {
        ModelInferResponse typed = client.infer(texts(MINILM, "salary", "rent"));

        ModelInferResponse raw = client.infer(request(MINILM, raw("TEXT", "BYTES", 2, 1))
                .addRawInputContents(V2Client.rawStrings("salary", "rent"))
                .setId("r-7"));

        assertThat(raw.getId()).isEqualTo("r-7");
        assertThat(raw.getOutputs(0).hasContents()).isFalse();
        ByteBuffer bytes = raw.getRawOutputContents(0).asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        for (float value : V2Client.floats(typed.getOutputs(0).getContents())) {
            assertThat(bytes.getFloat()).isEqualTo(value);
        }
    }

    // Token limit

    @Test
    void textOverTheTokenLimitIsRefusedWithBothNumbers() {
        assertRefused(
                () -> client.infer(texts(MINILM, "short", "card ".repeat(300))),
                Status.Code.INVALID_ARGUMENT,
                "input 'TEXT'[1]: 302 tokens (expected: at most 256");
    }

    @Test
    void textOverTheTokenLimitIsCutWhenAsked() {
        ModelInferResponse response =
                client.infer(texts(MINILM, "card ".repeat(300)).putParameters("truncate", V2Client.truncate()));

        assertThat(response.getOutputs(1).getContents().getInt64Contents(0)).isEqualTo(256);
        float[] cut = V2Client.floats(response.getOutputs(0).getContents());
        assertThat(cosine(cut, client.embed("card ".repeat(254)).getFirst())).isGreaterThan(0.99999);
    }

    // Text classification

    @Test
    void classifierGivesLabelsAndSoftmaxScores() {
        String[] texts = {"block my card", "I need a loan for a house", "transfer"};

        ModelInferResponse response = client.infer(texts("intent", texts));

        assertThat(response.getOutputs(0).getName()).isEqualTo("LABEL");
        assertThat(response.getOutputs(1).getShapeList()).containsExactly(3L, 3L);
        List<float[]> scores =
                V2Client.rows(V2Client.floats(response.getOutputs(1).getContents()), 3);
        for (int i = 0; i < texts.length; i++) {
            double[] expected = expectedLogits(texts[i]);
            double sum = Math.exp(expected[0]) + Math.exp(expected[1]) + Math.exp(expected[2]);
            int best = 0;
            for (int label = 0; label < 3; label++) {
                assertThat((double) scores.get(i)[label]).isCloseTo(Math.exp(expected[label]) / sum, within(1e-5));
                best = expected[label] > expected[best] ? label : best;
            }
            assertThat(response.getOutputs(0).getContents().getBytesContents(i).toStringUtf8())
                    .isEqualTo(List.of("card", "transfer", "loan").get(best));
        }
    }

    @Test
    void multiLabelClassifierGivesSigmoidScores() {
        ModelInferResponse response = client.infer(texts("topics", "block my card"));

        double[] expected = expectedLogits("block my card");
        for (int label = 0; label < 3; label++) {
            assertThat((double) response.getOutputs(1).getContents().getFp32Contents(label))
                    .isCloseTo(1 / (1 + Math.exp(-expected[label])), within(1e-5));
        }
    }

    // Reranking and token classification

    @Test
    void rerankerScoresEachTextAgainstTheQuery() {
        InferTensorContents.Builder query =
                InferTensorContents.newBuilder().addBytesContents(ByteString.copyFromUtf8("block my card"));
        String[] texts = {"transfer", "I need a loan for a house"};

        ModelInferResponse response =
                client.infer(texts("reranker", texts).addInputs(input("QUERY", "BYTES", query, 1)));

        assertThat(response.getOutputs(0).getName()).isEqualTo("SCORE");
        assertThat(response.getOutputs(0).getShapeList()).containsExactly(2L, 1L);
        try (HuggingFaceTokenizer tokenizer = tokenizer()) {
            for (int i = 0; i < texts.length; i++) {
                double logit = 0;
                for (long id : tokenizer.encode("block my card", texts[i]).getIds()) {
                    logit += TestPackages.logits((int) id)[0] - 0.3f;
                }
                assertThat((double) response.getOutputs(0).getContents().getFp32Contents(i))
                        .isCloseTo(1 / (1 + Math.exp(-logit)), within(1e-5));
            }
        }
    }

    @Test
    void pairOverTheTokenLimitLosesTheEndOfItsText() {
        InferTensorContents.Builder query =
                InferTensorContents.newBuilder().addBytesContents(ByteString.copyFromUtf8("block my card"));

        ModelInferResponse response = client.infer(texts("reranker", "card ".repeat(100))
                .addInputs(input("QUERY", "BYTES", query, 1))
                .putParameters("truncate", V2Client.truncate()));

        assertThat(response.getOutputs(1).getContents().getInt64Contents(0)).isEqualTo(32);
    }

    @Test
    void rerankerWithoutItsQueryIsRefused() {
        assertRefused(
                () -> client.infer(texts("reranker", "transfer")),
                Status.Code.INVALID_ARGUMENT,
                "inputs: [TEXT] (expected: [QUERY, TEXT], or [TOKEN_IDS])");
    }

    @Test
    void entitiesAreFoundWithTheirPlaces() {
        ModelInferResponse response = client.infer(texts("entities", "Zürich: Ada Lovelace paid, Ada met Bob", "rent"));

        assertThat(response.getOutputs(0).getContents().getBytesContents(0).toStringUtf8())
                .matches(
                        "\\[\\{\"entity_group\":\"PER\",\"score\":0.98\\d+,\"word\":\"Ada Lovelace\",\"start\":8,\"end\":20},"
                                + "\\{\"entity_group\":\"PER\",\"score\":0.98\\d+,\"word\":\"Ada\",\"start\":27,\"end\":30}]");
        assertThat(response.getOutputs(0).getContents().getBytesContents(1).toStringUtf8())
                .isEqualTo("[]");
    }

    private double[] expectedLogits(String text) {
        double[] sums = new double[3];
        try (HuggingFaceTokenizer tokenizer = tokenizer()) {
            for (long id : tokenizer.encode(text).getIds()) {
                float[] logits = TestPackages.logits((int) id);
                for (int label = 0; label < 3; label++) {
                    sums[label] += logits[label];
                }
            }
        }
        return sums;
    }

    private static HuggingFaceTokenizer tokenizer() {
        try {
            return HuggingFaceTokenizer.newInstance(
                    TestPackages.BUNDLED.resolve("tokenizer.json"), Map.of("padding", "false", "truncation", "false"));
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** ONNX Runtime and the tokenizer, called without any of Weft: mean over the tokens, then length 1. */
    private static float[] computeDirectly(String text) throws Exception {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (HuggingFaceTokenizer tokenizer = tokenizer();
                OrtSession session = environment.createSession(TestPackages.BUNDLED
                        .resolve("onnx/model_quantized.onnx")
                        .toString())) {
            Encoding encoding = tokenizer.encode(text);
            long[] shape = {1, encoding.getIds().length};
            try (OnnxTensor ids = OnnxTensor.createTensor(environment, LongBuffer.wrap(encoding.getIds()), shape);
                    OnnxTensor mask =
                            OnnxTensor.createTensor(environment, LongBuffer.wrap(encoding.getAttentionMask()), shape);
                    OnnxTensor types =
                            OnnxTensor.createTensor(environment, LongBuffer.wrap(encoding.getTypeIds()), shape);
                    OrtSession.Result result =
                            session.run(Map.of("input_ids", ids, "attention_mask", mask, "token_type_ids", types))) {
                float[][] tokens = ((float[][][]) result.get(0).getValue())[0];
                float[] mean = new float[tokens[0].length];
                for (float[] token : tokens) {
                    for (int d = 0; d < mean.length; d++) {
                        mean[d] += token[d] / tokens.length;
                    }
                }
                return mean;
            }
        }
    }
}
