package dev.weft.inference.backend.onnxruntime;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.weft.kit.error.Failure.FailedPrecondition;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Reads which operators an ONNX file uses, without loading its weights. */
final class GraphOperators {

    /**
     * Field numbers of onnx.proto3: ModelProto.graph and functions, GraphProto.node, FunctionProto.node, NodeProto.op_type and attribute,
     * AttributeProto.g and graphs.
     */
    private static final int GRAPH = 7;

    private static final int FUNCTIONS = 25;
    private static final int NODE = 1;
    private static final int FUNCTION_NODE = 7;
    private static final int OPERATOR = 4;
    private static final int ATTRIBUTE = 5;
    private static final int SUBGRAPH = 6;
    private static final int SUBGRAPHS = 11;

    /** ONNX Runtime's own limit is not told; graphs in graphs deeper than this are nobody's export. */
    private static final int DEEPEST = 32;

    private GraphOperators() {}

    /**
     * Names of the operators, those in the graph's functions and in the branches of its conditions too: a merged decoder has nothing but
     * branches on its top level.
     *
     * @throws FailedPrecondition when the file is no ONNX graph
     */
    static Set<String> of(Path file) {
        Set<String> operators = new HashSet<>();
        try (InputStream stream = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            CodedInputStream in = CodedInputStream.newInstance(stream);
            in.setSizeLimit(Integer.MAX_VALUE);
            read(
                    in,
                    Map.of(
                            GRAPH,
                            () -> graph(in, NODE, operators, 0),
                            FUNCTIONS,
                            () -> graph(in, FUNCTION_NODE, operators, 0)));
        } catch (IOException e) {
            throw new FailedPrecondition(file.getFileName() + ": no ONNX graph: " + e.getMessage());
        }
        return operators;
    }

    private interface Body {
        void read() throws IOException;
    }

    private static void graph(CodedInputStream in, int node, Set<String> operators, int depth) throws IOException {
        if (depth > DEEPEST) {
            throw new IOException("graphs in graphs over " + DEEPEST + " deep");
        }
        read(in, Map.of(node, () -> node(in, operators, depth)));
    }

    private static void node(CodedInputStream in, Set<String> operators, int depth) throws IOException {
        Body inner = () -> graph(in, NODE, operators, depth + 1);
        read(
                in,
                Map.of(
                        OPERATOR,
                        () -> operators.add(
                                new String(in.readRawBytes(in.getBytesUntilLimit()), StandardCharsets.UTF_8)),
                        ATTRIBUTE,
                        () -> read(in, Map.of(SUBGRAPH, inner, SUBGRAPHS, inner))));
    }

    /** Reads the message that ends at the current limit: the fields of those numbers by their bodies; the rest is skipped. */
    private static void read(CodedInputStream in, Map<Integer, Body> fields) throws IOException {
        for (int tag; (tag = in.readTag()) != 0; ) {
            Body body = fields.get(WireFormat.getTagFieldNumber(tag));
            if (body != null && WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
                int before = in.pushLimit(in.readRawVarint32());
                body.read();
                in.popLimit(before);
            } else {
                in.skipField(tag);
            }
        }
    }
}
