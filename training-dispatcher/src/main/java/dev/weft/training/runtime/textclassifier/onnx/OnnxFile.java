package dev.weft.training.runtime.textclassifier.onnx;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.weft.kit.error.Failure.FailedPrecondition;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What an ONNX file declares, and where in the file it stands, without its weights. The field numbers are those of onnx.proto3.
 *
 * @param path of the file
 * @param opset version of ONNX's own operators that it uses; 0 when it names none
 * @param irVersion of the format
 * @param inputs of the graph, weights left out
 * @param outputs of the graph
 * @param names of all values in the graph
 * @param externalData files beside this one in which weights lie
 * @param layout where the file's parts stand
 * @see <a href="https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3">onnx.proto3</a>
 */
public record OnnxFile(
        Path path,
        long opset,
        long irVersion,
        List<Value> inputs,
        List<Value> outputs,
        Set<String> names,
        Set<String> externalData,
        Layout layout) {

    /** TensorProto.DataType. */
    public static final int FLOAT = 1;

    static final int MODEL_GRAPH = 7;
    static final int GRAPH_NODE = 1;
    static final int GRAPH_INITIALIZER = 5;
    static final int GRAPH_OUTPUT = 12;
    private static final int MODEL_IR_VERSION = 1;
    private static final int MODEL_OPSET = 8;
    private static final int GRAPH_INPUT = 11;

    /**
     * An input or output.
     *
     * @param elementType as in TensorProto.DataType; 0 when it is no tensor
     * @param dims -1 for one that is not fixed; empty when the file does not say
     */
    public record Value(String name, int elementType, List<Long> dims) {
        public Value {
            dims = List.copyOf(dims);
        }
    }

    /**
     * A part of the file, from its tag on.
     *
     * @param start first byte
     * @param end behind the last byte
     */
    record Range(long start, long end) {
        long length() {
            return end - start;
        }
    }

    /**
     * All of the file: the model's fields but the graph, and the graph's fields but its outputs.
     *
     * @param model the former
     * @param graph the latter
     */
    record Layout(List<Range> model, List<Range> graph) {}

    public OnnxFile {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        names = Set.copyOf(names);
        externalData = Set.copyOf(externalData);
    }

    /** The input of that name. */
    public Optional<Value> input(String name) {
        return inputs.stream().filter(value -> value.name().equals(name)).findFirst();
    }

    /**
     * Reads a file.
     *
     * @throws FailedPrecondition when it is no ONNX model
     */
    public static OnnxFile read(Path path) {
        try (InputStream stream = new BufferedInputStream(Files.newInputStream(path), 1 << 16)) {
            CodedInputStream in = CodedInputStream.newInstance(stream);
            in.setSizeLimit(Integer.MAX_VALUE);
            return new Reader(in).read(path);
        } catch (IOException e) {
            throw new FailedPrecondition(path.getFileName() + ": no ONNX model: " + e.getMessage());
        }
    }

    /** Collects what is read. */
    private static final class Reader {

        private final CodedInputStream in;
        private final List<Range> model = new ArrayList<>();
        private final List<Range> graph = new ArrayList<>();
        private final List<Value> inputs = new ArrayList<>();
        private final List<Value> outputs = new ArrayList<>();
        private final Set<String> names = new HashSet<>();
        private final Set<String> initializers = new HashSet<>();
        private final Set<String> externalData = new TreeSet<>();
        private long opset;
        private long irVersion;
        private boolean hasGraph;

        private interface Field {
            /** Reads one field's value, or skips it. */
            void read(int number, int tag) throws IOException;
        }

        Reader(CodedInputStream in) {
            this.in = in;
        }

        OnnxFile read(Path path) throws IOException {
            fields((number, tag) -> {
                long start = in.getTotalBytesRead() - CodedSizes.tag(number);
                if (number == MODEL_GRAPH && isMessage(tag) && !hasGraph) {
                    hasGraph = true;
                    message(this::graphField);
                    return;
                }
                switch (number) {
                    case MODEL_IR_VERSION -> irVersion = in.readInt64();
                    case MODEL_OPSET -> opset();
                    default -> in.skipField(tag);
                }
                model.add(new Range(start, in.getTotalBytesRead()));
            });
            if (!hasGraph) {
                throw new IOException("it has no graph");
            }
            inputs.removeIf(input -> initializers.contains(input.name())); // older files list weights as inputs
            names.addAll(initializers);
            return new OnnxFile(path, opset, irVersion, inputs, outputs, names, externalData, new Layout(model, graph));
        }

        private void graphField(int number, int tag) throws IOException {
            long start = in.getTotalBytesRead() - CodedSizes.tag(number);
            switch (number) {
                case GRAPH_NODE ->
                    message((field, inner) -> {
                        if (field == 2) {
                            names.add(text());
                        } else {
                            in.skipField(inner);
                        }
                    });
                case GRAPH_INITIALIZER -> message(this::initializerField);
                case GRAPH_INPUT -> inputs.add(value());
                case GRAPH_OUTPUT -> {
                    outputs.add(value());
                    return; // not kept
                }
                default -> in.skipField(tag);
            }
            graph.add(new Range(start, in.getTotalBytesRead()));
        }

        private void opset() throws IOException {
            String[] domain = {""};
            long[] version = {0};
            message((field, inner) -> {
                switch (field) {
                    case 1 -> domain[0] = text();
                    case 2 -> version[0] = in.readInt64();
                    default -> in.skipField(inner);
                }
            });
            if (domain[0].isEmpty() || domain[0].equals("ai.onnx")) {
                opset = version[0];
            }
        }

        private void initializerField(int number, int tag) throws IOException {
            if (number == 8) {
                initializers.add(text());
            } else if (number == 13) { // external_data: where is its key 'location'
                String[] entry = {"", ""};
                message((field, inner) -> {
                    if (field == 1 || field == 2) {
                        entry[field - 1] = text();
                    } else {
                        in.skipField(inner);
                    }
                });
                if (entry[0].equals("location")) {
                    externalData.add(entry[1]);
                }
            } else {
                in.skipField(tag);
            }
        }

        private Value value() throws IOException {
            String[] name = {""};
            int[] type = {0};
            List<Long> dims = new ArrayList<>();
            message((field, inner) -> {
                switch (field) {
                    case 1 -> name[0] = text();
                    case 2 ->
                        only(
                                1,
                                (_, _) -> message((inType, tag) -> {
                                    switch (inType) {
                                        case 1 -> type[0] = in.readInt32();
                                        case 2 -> only(1, (_, _) -> dims.add(dimension()));
                                        default -> in.skipField(tag);
                                    }
                                }));
                    default -> in.skipField(inner);
                }
            });
            names.add(name[0]);
            return new Value(name[0], type[0], dims);
        }

        private long dimension() throws IOException {
            long[] size = {-1};
            message((field, tag) -> {
                if (field == 1) {
                    size[0] = in.readInt64();
                } else {
                    in.skipField(tag);
                }
            });
            return size[0];
        }

        /** Reads a message of which one field matters. */
        private void only(int wanted, Field field) throws IOException {
            message((number, tag) -> {
                if (number == wanted) {
                    field.read(number, tag);
                } else {
                    in.skipField(tag);
                }
            });
        }

        private void message(Field field) throws IOException {
            int before = in.pushLimit(in.readRawVarint32());
            fields(field);
            in.popLimit(before);
        }

        private void fields(Field field) throws IOException {
            for (int tag; (tag = in.readTag()) != 0; ) {
                field.read(WireFormat.getTagFieldNumber(tag), tag);
            }
        }

        private static boolean isMessage(int tag) {
            return WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED;
        }

        private String text() throws IOException {
            return new String(in.readByteArray(), StandardCharsets.UTF_8);
        }
    }
}
