package dev.weft.inference.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.inference.backend.InferenceBackend;
import dev.weft.inference.backend.onnxruntime.OnnxBackend;
import dev.weft.inference.backend.onnxruntime.OnnxSettings;
import dev.weft.inference.device.Device;
import dev.weft.inference.modelpackage.ModelId;
import dev.weft.inference.modelpackage.ModelPackage;
import dev.weft.inference.modelpackage.ModelPackageReader;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.v2.TestRepository;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.testkit.OnnxGraph;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

// Inside of Quarkus, as the other tests are that tokenise: a process loads the native library once.
@QuarkusTest
@QuarkusTestResource(TestRepository.class)
class TextPipelineTest {

    /** Adds no special token, and normalises zero-width spaces away. */
    private static final String TOKENIZER = """
            {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
             "normalizer": {"type": "Replace", "pattern": {"String": "\\u200b"}, "content": ""},
             "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
             "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "card": 1}, "unk_token": "[UNK]"}}
            """;

    @TempDir
    private Path folder;

    private interface Check {
        void of(TextPipeline pipeline);
    }

    private void withPipeline(Check check) throws IOException {
        OnnxGraph.write(OnnxGraph.eachToken(new float[][] {{1, 2}, {3, 4}}), folder);
        Files.writeString(folder.resolve("tokenizer.json"), TOKENIZER);
        Files.writeString(
                folder.resolve("weft.json"), "{\"task\": \"sentence-embedding\", \"pooling\": \"last_token\"}");
        ModelPackage model = ModelPackageReader.read(new ModelId("words", 1), folder, new Device.Cpu(1, false));
        try (InferenceBackend backend = OnnxBackend.open(model.graph().orElseThrow(), OnnxSettings.stock());
                TextPipeline pipeline = TextPipeline.of(model, backend).orElseThrow()) {
            check.of(pipeline);
        }
    }

    private static TextRequest request(TextPipeline pipeline, String... texts) {
        return pipeline.read(List.of(new Tensor.Strings(
                "TEXT",
                Shape.of(texts.length),
                Stream.of(texts)
                        .map(text -> text.getBytes(StandardCharsets.UTF_8))
                        .toList())));
    }

    /** The vector of a row without a token would be its neighbour's, or no number. */
    @Test
    void textOfWhichNoTokenIsLeftIsRefused() throws IOException {
        withPipeline(pipeline -> {
            TextRequest request = request(pipeline, "card", "\u200b");
            pipeline.row(request, 0, false);

            assertThatThrownBy(() -> pipeline.row(request, 1, false))
                    .isInstanceOf(InvalidArgument.class)
                    .hasMessage(
                            "input 'TEXT'[1]: no tokens (expected: a text of which the tokenizer makes at least one)");
        });
    }

    /** Tokenising takes two hundred times a text's size in memory, which a single text must not use up. */
    @Test
    void textFarBeyondTheTokenLimitIsNotTokenised() throws IOException {
        withPipeline(pipeline -> {
            TextRequest request = request(pipeline, "card ".repeat(13_107) + "\ud83d\ude00".repeat(10));

            assertThatThrownBy(() -> pipeline.row(request, 0, false))
                    .isInstanceOf(InvalidArgument.class)
                    .hasMessage(
                            "input 'TEXT'[0]: 65555 characters (expected: at most 65536; ask for truncation with the"
                                    + " parameter truncate: true)");
            TextRow cut = pipeline.row(request, 0, true);
            assertThat(cut.length()).isEqualTo(512);
            assertThat(cut.source()).hasSize(65_535).endsWith("card ");
        });
    }
}
