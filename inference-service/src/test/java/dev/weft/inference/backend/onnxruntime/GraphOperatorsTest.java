package dev.weft.inference.backend.onnxruntime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.testkit.OnnxGraph;
import dev.weft.testkit.OnnxGraph.Element;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GraphOperatorsTest {

    @TempDir
    private Path folder;

    @Test
    void operatorsOfTheTopLevelAreFound() {
        assertThat(GraphOperators.of(write(OnnxGraph.identity(Element.FLOAT, 4))))
                .containsExactly("Identity");
    }

    @Test
    void operatorsInBranchesAreFound() {
        Path graph = write(OnnxGraph.roundedInABranch());

        assertThat(GraphOperators.of(graph))
                .containsExactlyInAnyOrder("If", "DynamicQuantizeLinear", "DequantizeLinear", "Identity");
        try (OnnxBackend backend = OnnxBackend.open(graph, OnnxSettings.stock())) {
            assertThat(backend.rowsAreIndependent())
                    .as("a graph that ONNX Runtime takes")
                    .isFalse();
        }
    }

    @Test
    void fileThatIsNoGraphIsRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("model.onnx"), "not a graph at all");

        assertThatThrownBy(() -> GraphOperators.of(file))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageStartingWith("model.onnx: no ONNX graph: ");
    }

    private Path write(byte[] graph) {
        OnnxGraph.write(graph, folder);
        return folder.resolve("onnx/model.onnx");
    }
}
