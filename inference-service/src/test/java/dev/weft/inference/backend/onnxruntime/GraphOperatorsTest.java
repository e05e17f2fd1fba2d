package dev.weft.inference.backend.onnxruntime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.CodedOutputStream;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.testkit.OnnxGraph;
import dev.weft.testkit.OnnxGraph.Element;
import java.io.ByteArrayOutputStream;
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

    // Field numbers are those of onnx.proto3.

    private interface Body {
        void write(CodedOutputStream out) throws IOException;
    }

    private static void message(CodedOutputStream out, int field, Body body) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream inner = CodedOutputStream.newInstance(bytes);
        body.write(inner);
        inner.flush();
        out.writeByteArray(field, bytes.toByteArray());
    }

    private static Body operator(String name) {
        return node -> node.writeString(4, name);
    }

    /** A decoder that Optimum merged is one If, whose branches hold all that it computes. */
    @Test
    void operatorsOfBranchesAndFunctionsAreFound() throws IOException {
        Path file = folder.resolve("model.onnx");
        try (var stream = Files.newOutputStream(file)) {
            CodedOutputStream out = CodedOutputStream.newInstance(stream);
            out.writeInt64(1, 8);
            message(out, 7, graph -> {
                graph.writeString(2, "main");
                message(graph, 1, node -> {
                    node.writeString(1, "use_cache_branch");
                    message(node, 5, attribute -> {
                        attribute.writeString(1, "then_branch");
                        message(attribute, 6, branch -> message(branch, 1, operator("DynamicQuantizeLinear")));
                    });
                    message(
                            node,
                            5,
                            attribute -> message(attribute, 11, branch -> message(branch, 1, operator("Add"))));
                    node.writeString(4, "If");
                });
                message(graph, 1, operator("MatMul"));
            });
            message(out, 25, function -> message(function, 7, operator("Erf")));
            out.flush();
        }

        assertThat(GraphOperators.of(file)).containsOnly("If", "DynamicQuantizeLinear", "Add", "MatMul", "Erf");
    }
}
