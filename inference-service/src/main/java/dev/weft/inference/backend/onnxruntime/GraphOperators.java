package dev.weft.inference.backend.onnxruntime;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.weft.kit.error.Failure.FailedPrecondition;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** Reads which operators an ONNX file uses, without loading its weights. */
final class GraphOperators {

    /** Field numbers of onnx.proto3: ModelProto.graph, GraphProto.node, NodeProto.op_type. */
    private static final int GRAPH = 7;

    private static final int NODE = 1;
    private static final int OPERATOR = 4;

    private GraphOperators() {}

    /**
     * Names of the operators on the graph's top level.
     *
     * @throws FailedPrecondition when the file is no ONNX graph
     */
    static Set<String> of(Path file) {
        Set<String> operators = new HashSet<>();
        try (InputStream stream = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            CodedInputStream in = CodedInputStream.newInstance(stream);
            in.setSizeLimit(Integer.MAX_VALUE);
            read(in, GRAPH, () -> read(in, NODE, () -> readString(in, operators)));
        } catch (IOException e) {
            throw new FailedPrecondition(file.getFileName() + ": no ONNX graph: " + e.getMessage());
        }
        return operators;
    }

    private interface Body {
        void read() throws IOException;
    }

    /** Reads the message that ends at the current limit: {@code body} reads each field of that number, the rest is skipped. */
    private static void read(CodedInputStream in, int field, Body body) throws IOException {
        for (int tag; (tag = in.readTag()) != 0; ) {
            if (tag == (field << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED)) {
                int before = in.pushLimit(in.readRawVarint32());
                body.read();
                in.popLimit(before);
            } else {
                in.skipField(tag);
            }
        }
    }

    private static void readString(CodedInputStream in, Set<String> strings) throws IOException {
        for (int tag; (tag = in.readTag()) != 0; ) {
            if (tag == (OPERATOR << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED)) {
                strings.add(in.readStringRequireUtf8());
            } else {
                in.skipField(tag);
            }
        }
    }
}
