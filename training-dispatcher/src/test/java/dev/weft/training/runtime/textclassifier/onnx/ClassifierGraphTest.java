package dev.weft.training.runtime.textclassifier.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.testkit.OnnxGraph;
import dev.weft.training.fixtures.BundledEncoder;
import dev.weft.training.fixtures.OnnxModel;
import dev.weft.training.runtime.textclassifier.head.LinearHead;
import dev.weft.training.runtime.textclassifier.onnx.ClassifierGraph.Pooling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClassifierGraphTest {

    /** Vectors of tokens 0, 1 and 2. */
    private static final float[][] TABLE = {{9, 9}, {1, 2}, {3, -4}};

    private static final float[][] WEIGHTS = {{1, 0}, {0, 1}, {2, 3}};
    private static final float[] BIAS = {0, 0.5f, -1};

    @TempDir
    private Path folder;

    private Path encoder(byte[] graph) throws IOException {
        return Files.write(folder.resolve("encoder.onnx"), graph);
    }

    private Path classifier(byte[] encoder, Pooling pooling, boolean normalize) throws IOException {
        Path target = folder.resolve("classifier.onnx");
        ClassifierGraph.write(
                OnnxFile.read(encoder(encoder)), new ClassifierGraph.Head(pooling, normalize, WEIGHTS, BIAS), target);
        return target;
    }

    private static float[][] run(Path graph, long[][] ids, long[][] mask) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession session = environment.createSession(graph.toString());
                OnnxTensor idTensor = OnnxTensor.createTensor(environment, ids);
                OnnxTensor maskTensor = OnnxTensor.createTensor(environment, mask);
                OrtSession.Result result = session.run(Map.of("input_ids", idTensor, "attention_mask", maskTensor))) {
            assertThat(session.getOutputNames()).containsExactly("logits");
            return (float[][]) result.get(0).getValue();
        }
    }

    private static float[] logits(double x, double y) {
        float[] logits = new float[BIAS.length];
        for (int label = 0; label < logits.length; label++) {
            logits[label] = (float) (WEIGHTS[label][0] * x + WEIGHTS[label][1] * y + BIAS[label]);
        }
        return logits;
    }

    @ParameterizedTest
    @CsvSource({
        "11, MEAN, false, 2, -1",
        "13, MEAN, false, 2, -1",
        "17, MEAN, false, 2, -1",
        "17, CLS, false, 1, 2",
        "11, CLS, false, 1, 2",
        "12, LAST_TOKEN, false, 3, -4",
        "17, LAST_TOKEN, false, 3, -4",
        "11, MEAN, true, 0.894427, -0.447214",
        "17, MEAN, true, 0.894427, -0.447214",
        "17, LAST_TOKEN, true, 0.6, -0.8"
    })
    void paddedTextsAreClassifiedAsTheHeadDoes(int opset, Pooling pooling, boolean normalize, double x, double y)
            throws IOException, OrtException {
        Path graph = classifier(OnnxGraph.tokenVectors(TABLE, opset), pooling, normalize);

        // The first row is two tokens and padding, the second is longer.
        float[][] logits = run(graph, new long[][] {{1, 2, 0}, {2, 2, 2}}, new long[][] {{1, 1, 0}, {1, 1, 1}});

        assertThat(logits[0]).containsExactly(logits(x, y), within(1e-5f));
        double length = normalize ? 5 : 1;
        assertThat(logits[1]).containsExactly(logits(3 / length, -4 / length), within(1e-5f));
    }

    @Test
    void bundledEncoderGivesTheHeadsLogits() throws IOException {
        Path packageFolder = Files.createDirectories(folder.resolve("package"));
        Files.copy(BundledEncoder.FOLDER.resolve("tokenizer.json"), packageFolder.resolve("tokenizer.json"));
        Random random = new Random(5);
        LinearHead head = new LinearHead(new float[4][384], new float[] {0.1f, -0.2f, 0.3f, 0});
        for (float[] row : head.weights()) {
            for (int d = 0; d < row.length; d++) {
                row[d] = (float) random.nextGaussian() * 3;
            }
        }
        ClassifierGraph.write(
                OnnxFile.read(BundledEncoder.FOLDER.resolve("onnx/model_quantized.onnx")),
                new ClassifierGraph.Head(Pooling.MEAN, true, head.weights(), head.bias()),
                packageFolder.resolve("model.onnx"));

        try (BundledEncoder encoder = new BundledEncoder();
                OnnxModel classifier = new OnnxModel(packageFolder, "model.onnx")) {
            for (String text : List.of("I lost my card", "What is the exchange rate of the dollar today?", "loan")) {
                double[] expected = head.logits(encoder.embed(text));
                float[] logits = ((float[][]) classifier.run(text))[0];
                for (int label = 0; label < expected.length; label++) {
                    assertThat((double) logits[label]).as(text).isCloseTo(expected[label], within(1e-3));
                }
            }
        }
    }

    @Test
    void sameEncoderAndHeadGiveTheSameBytes() throws IOException {
        Path first = classifier(OnnxGraph.tokenVectors(TABLE, 17), Pooling.MEAN, true);
        byte[] bytes = Files.readAllBytes(first);
        Files.delete(first);

        assertThat(classifier(OnnxGraph.tokenVectors(TABLE, 17), Pooling.MEAN, true))
                .hasBinaryContent(bytes);
    }

    @Test
    void whatIsNoEncoderIsRefused() {
        assertThatThrownBy(() -> classifier(
                        "no protobuf".getBytes(java.nio.charset.StandardCharsets.US_ASCII), Pooling.MEAN, true))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining("no ONNX model");
        assertThatThrownBy(() -> classifier(OnnxGraph.eachToken(TABLE), Pooling.MEAN, true))
                .hasMessageContaining("a value 'logits'");
        assertThatThrownBy(() -> classifier(OnnxGraph.twoOutputs(), Pooling.MEAN, true))
                .hasMessageContaining("expected: one of [batch, tokens, dim]");
        assertThatThrownBy(() -> classifier(OnnxGraph.tokenVectors(TABLE, 10), Pooling.MEAN, true))
                .hasMessageContaining("opset 10");
        assertThatThrownBy(() -> classifier(OnnxGraph.tokenVectors(TABLE, 11), Pooling.LAST_TOKEN, true))
                .hasMessageContaining("at least 12 for last-token pooling");
        assertThatThrownBy(() -> classifier(OnnxGraph.tokenVectors(new float[][] {{1, 2, 3}}, 17), Pooling.MEAN, true))
                .hasMessageContaining("of 3 numbers (expected: 2");
    }
}
