package dev.weft.inference.backend.onnxruntime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.Utf8;
import dev.weft.testkit.OnnxGraph;
import dev.weft.testkit.OnnxGraph.Element;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxBackendTest {

    @TempDir
    private Path folder;

    @Test
    void stringsComeBackAsTheyWere() {
        List<String> texts = List.of("plain", "für 日本語", "\uD83C\uDF89 party", "a\0b", "");
        OnnxGraph.write(OnnxGraph.identity(Element.STRING, texts.size()), folder);

        try (OnnxBackend backend = OnnxBackend.open(folder.resolve("onnx/model.onnx"), OnnxSettings.stock())) {
            Tensor input = new Tensor.Strings(
                    "X",
                    Shape.of(1, texts.size()),
                    texts.stream()
                            .map(text -> text.getBytes(StandardCharsets.UTF_8))
                            .toList());

            Tensor output = backend.run(List.of(input), List.of("Y")).getFirst();

            assertThat(output).isInstanceOfSatisfying(Tensor.Strings.class, strings -> assertThat(Utf8.decode(strings))
                    .isEqualTo(texts));
        }
    }
}
