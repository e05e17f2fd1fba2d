package dev.weft.training.runtime.textclassifier.onnx;

import com.google.protobuf.ByteString;
import com.google.protobuf.WireFormat;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.training.runtime.textclassifier.onnx.Messages.Attribute;
import dev.weft.training.runtime.textclassifier.onnx.OnnxFile.Range;
import dev.weft.training.runtime.textclassifier.onnx.OnnxFile.Value;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * An encoder's graph with a classifier at its end: pooling, normalisation and head in the same file, and {@code logits} [batch, labels] as its
 * only output. The encoder's own bytes are copied from file to file as they are, however large they are.
 *
 * <p>The operators are those that all opsets from 11 on have; of two that changed, the form is chosen by the encoder's opset.
 */
public final class ClassifierGraph {

    /** The graph's output. */
    public static final String LOGITS = "logits";

    private static final String MASK = "attention_mask";
    private static final String PREFIX = "weft/";
    private static final int INT64 = 7;

    /** Of 2019; what is older is hardly an encoder. */
    private static final int LEAST_OPSET = 11;

    /** GatherND looks at each row of a batch since then. */
    private static final int GATHERS_BY_ROW = 12;

    /** Initializers need not be inputs since then. */
    private static final int LEAST_IR = 4;

    /** ReduceSum and Unsqueeze take their axes as an input since then. */
    private static final int AXES_ARE_INPUTS = 13;

    /** sentence-transformers' own: what divides vectors of no length. */
    private static final float LEAST_NORM = 1e-12f;

    private final OnnxFile encoder;
    private final List<ByteString> nodes = new ArrayList<>();
    private final List<ByteString> initializers = new ArrayList<>();

    /** How one vector is made of a text's tokens. */
    public enum Pooling {
        MEAN,
        CLS,
        LAST_TOKEN
    }

    /**
     * What is put at the encoder's end.
     *
     * @param pooling of token vectors; not used where the graph makes one vector itself
     * @param normalize whether vectors get length 1
     * @param weights [labels][dim]
     * @param bias [labels]
     */
    public record Head(Pooling pooling, boolean normalize, float[][] weights, float[] bias) {}

    private ClassifierGraph(OnnxFile encoder) {
        this.encoder = encoder;
    }

    /**
     * Writes the classifier.
     *
     * @param target a new file
     * @throws FailedPrecondition when the encoder is none that this can be done with; says why
     */
    public static void write(OnnxFile encoder, Head head, Path target) throws IOException {
        ClassifierGraph graph = new ClassifierGraph(encoder);
        graph.build(head);
        graph.write(target, head.bias().length);
    }

    private void build(Head head) {
        if (encoder.opset() < LEAST_OPSET || encoder.irVersion() < LEAST_IR) {
            throw refused("opset " + encoder.opset() + " and IR version " + encoder.irVersion()
                    + " (expected: at least " + LEAST_OPSET + " and " + LEAST_IR + "; export it anew)");
        }
        if (encoder.names().contains(LOGITS)) {
            throw refused("a value '" + LOGITS + "' (expected: an encoder without a head)");
        }
        Value source = source();
        int dim = head.weights()[0].length;
        long last = source.dims().getLast();
        if (last >= 0 && last != dim) {
            throw refused("output '" + source.name() + "' of " + last + " numbers (expected: " + dim
                    + ", as the served model's vectors have)");
        }
        String values = source.elementType() == OnnxFile.FLOAT
                ? source.name()
                : node("Cast", "values", List.of(source.name()), Attribute.number("to", OnnxFile.FLOAT));
        String pooled = source.dims().size() == 2
                ? values
                : switch (head.pooling()) {
                    case MEAN -> mean(values);
                    case CLS ->
                        node("Gather", "first", List.of(values, scalar("zero", 0)), Attribute.number("axis", 1));
                    case LAST_TOKEN -> lastToken(values);
                };
        String vector = head.normalize() ? normalized(pooled) : pooled;
        initializers.add(Messages.floats(PREFIX + "weights", transposed(head.weights())));
        initializers.add(Messages.floats(PREFIX + "bias", head.bias()));
        String product = node("MatMul", "product", List.of(vector, PREFIX + "weights"));
        nodes.add(Messages.node("Add", List.of(product, PREFIX + "bias"), LOGITS));
    }

    /** The output that serving takes too: the pooled one, if there is one, or the tokens' vectors. */
    private Value source() {
        return encoder.outputs().stream()
                .filter(output -> output.name().equals("sentence_embedding"))
                .findFirst()
                .or(() -> encoder.outputs().stream()
                        .filter(output -> output.dims().size() == 3)
                        .findFirst())
                .orElseThrow(
                        () -> refused("outputs " + encoder.outputs() + " (expected: one of [batch, tokens, dim])"));
    }

    private String mask(int type) {
        if (encoder.input(MASK).isEmpty()) {
            throw refused("no input '" + MASK + "' (expected: one, to tell tokens from padding)");
        }
        return node("Cast", "mask", List.of(MASK), Attribute.number("to", type));
    }

    private String mean(String tokens) {
        String column = withAxes("Unsqueeze", "column", mask(OnnxFile.FLOAT), 2);
        String masked = node("Mul", "masked", List.of(tokens, column));
        String sum = withAxes("ReduceSum", "sum", masked, 1, Attribute.number("keepdims", 0));
        String count = withAxes("ReduceSum", "count", column, 1, Attribute.number("keepdims", 0));
        return node("Div", "mean", List.of(sum, count));
    }

    private String lastToken(String tokens) {
        if (encoder.opset() < GATHERS_BY_ROW) {
            throw refused("opset " + encoder.opset() + " (expected: at least " + GATHERS_BY_ROW
                    + " for last-token pooling; export it anew)");
        }
        String count = withAxes("ReduceSum", "count", mask(INT64), 1, Attribute.number("keepdims", 1));
        String place = node("Sub", "place", List.of(count, number("one", 1)));
        return node("GatherND", "last", List.of(tokens, place), Attribute.number("batch_dims", 1));
    }

    private String normalized(String vectors) {
        String squares = node("Mul", "squares", List.of(vectors, vectors));
        String sum = withAxes("ReduceSum", "square_sum", squares, 1, Attribute.number("keepdims", 1));
        String norm = node("Sqrt", "norm", List.of(sum));
        initializers.add(Messages.floats(PREFIX + "least_norm", LEAST_NORM));
        String divisor = node("Max", "divisor", List.of(norm, PREFIX + "least_norm"));
        return node("Div", "vector", List.of(vectors, divisor));
    }

    private String node(String operator, String output, List<String> inputs, Attribute... attributes) {
        nodes.add(Messages.node(operator, inputs, PREFIX + output, attributes));
        return PREFIX + output;
    }

    private String withAxes(String operator, String output, String input, long axis, Attribute... attributes) {
        if (encoder.opset() >= AXES_ARE_INPUTS) {
            return node(operator, output, List.of(input, number(output + "_axes", axis)), attributes);
        }
        List<Attribute> all = new ArrayList<>(List.of(attributes));
        all.add(Attribute.list("axes", axis));
        return node(operator, output, List.of(input), all.toArray(Attribute[]::new));
    }

    private String number(String name, long value) {
        initializers.add(Messages.number(PREFIX + name, value));
        return PREFIX + name;
    }

    private String scalar(String name, long value) {
        initializers.add(Messages.scalar(PREFIX + name, value));
        return PREFIX + name;
    }

    private static float[][] transposed(float[][] rows) {
        float[][] columns = new float[rows[0].length][rows.length];
        for (int row = 0; row < rows.length; row++) {
            for (int column = 0; column < columns.length; column++) {
                columns[column][row] = rows[row][column];
            }
        }
        return columns;
    }

    private FailedPrecondition refused(String what) {
        return new FailedPrecondition("encoder " + encoder.path().getFileName() + ": " + what);
    }

    private void write(Path target, int labels) throws IOException {
        ByteString added = Messages.bytes(out -> {
            for (ByteString node : nodes) {
                out.writeBytes(OnnxFile.GRAPH_NODE, node);
            }
            for (ByteString initializer : initializers) {
                out.writeBytes(OnnxFile.GRAPH_INITIALIZER, initializer);
            }
            out.writeBytes(OnnxFile.GRAPH_OUTPUT, Messages.matrix(LOGITS, labels));
        });
        long length = encoder.layout().graph().stream().mapToLong(Range::length).sum() + added.size();
        if (length > Integer.MAX_VALUE) {
            throw refused("a graph of " + length + " bytes (expected: below 2 GiB, which is ONNX's own limit)");
        }
        try (FileChannel from = FileChannel.open(encoder.path(), StandardOpenOption.READ);
                FileChannel to = FileChannel.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            copy(from, to, encoder.layout().model());
            ByteString opening = Messages.bytes(out -> {
                out.writeTag(OnnxFile.MODEL_GRAPH, WireFormat.WIRETYPE_LENGTH_DELIMITED);
                out.writeUInt32NoTag((int) length);
            });
            write(to, opening);
            copy(from, to, encoder.layout().graph());
            write(to, added);
            to.force(true);
        }
    }

    private static void copy(FileChannel from, FileChannel to, List<Range> ranges) throws IOException {
        for (Range range : ranges) {
            for (long position = range.start(); position < range.end(); ) {
                long copied = from.transferTo(position, range.end() - position, to);
                if (copied <= 0) {
                    throw new IOException("the encoder's file became shorter while it was read");
                }
                position += copied;
            }
        }
    }

    private static void write(FileChannel to, ByteString bytes) throws IOException {
        ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
        while (buffer.hasRemaining()) {
            to.write(buffer);
        }
    }
}
