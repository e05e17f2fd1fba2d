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

    /** Field numbers of onnx.proto3: ModelProto.graph and .functions, GraphProto.node, FunctionProto.node. */
    private static final int GRAPH = 7;

    private static final int FUNCTIONS = 25;
    private static final int NODE = 1;
    private static final int FUNCTION_NODE = 7;

    /** NodeProto.op_type and .attribute; AttributeProto.g and .graphs, which are the branches and bodies of control flow. */
    private static final int OPERATOR = 4;

    private static final int ATTRIBUTE = 5;
    private static final int BRANCH = 6;
    private static final int BRANCHES = 11;

    private GraphOperators() {}

    /**
     * Names of the operators of the graph, its branches and its functions.
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
                            () -> readGraph(in, NODE, operators),
                            FUNCTIONS,
                            () -> readGraph(in, FUNCTION_NODE, operators)));
        } catch (IOException e) {
            throw new FailedPrecondition(file.getFileName() + ": no ONNX graph: " + e.getMessage());
        }
        return operators;
    }

    private interface Body {
        void read() throws IOException;
    }

    private static void readGraph(CodedInputStream in, int nodes, Set<String> operators) throws IOException {
        Body branch = () -> readGraph(in, NODE, operators);
        Body attribute = () -> read(in, Map.of(BRANCH, branch, BRANCHES, branch));
        Body operator =
                () -> operators.add(new String(in.readRawBytes(in.getBytesUntilLimit()), StandardCharsets.UTF_8));
        read(in, Map.of(nodes, () -> read(in, Map.of(OPERATOR, operator, ATTRIBUTE, attribute))));
    }

    /** Reads the message that ends at the current limit: each field by the body of its number; the rest is skipped. */
    private static void read(CodedInputStream in, Map<Integer, Body> bodies) throws IOException {
        for (int tag; (tag = in.readTag()) != 0; ) {
            Body body = bodies.get(WireFormat.getTagFieldNumber(tag));
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
