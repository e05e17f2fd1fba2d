package dev.weft.testkit;

import static dev.weft.testkit.OnnxGraph.integer;
import static dev.weft.testkit.OnnxGraph.message;
import static dev.weft.testkit.OnnxGraph.node;
import static dev.weft.testkit.OnnxGraph.tensor;
import static dev.weft.testkit.OnnxGraph.value;

import com.google.protobuf.CodedOutputStream;
import dev.weft.testkit.OnnxGraph.Body;
import dev.weft.testkit.OnnxGraph.Element;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A decoder with random, fixed weights, laid out as Hugging Face Optimum exports one with a KV cache: two layers of causal attention
 * with grouped queries (4 heads, 2 of keys and values) over learnt positions. {@link TinyDecoderReference} computes the same in
 * plain Java. Its words are printable ASCII: everything else is unlikely by a bias.
 *
 * @param weights what the graph computes with
 * @param cache element type of the KV cache: FLOAT or FLOAT16
 * @param positions where it has the tokens' positions from
 * @param merged whether it has the input {@code use_cache_branch} of merged exports. As in older ones of them, the half for later calls
 *     was traced with one token, and does not hide from a token those that are read with it and come later
 * @param fused whether its attention is ONNX Runtime's GroupQueryAttention
 */
public record TinyDecoder(TinyWeights weights, Element cache, Positions positions, boolean merged, boolean fused) {

    static final int LAYERS = 2;
    static final int HEADS = 4;
    static final int KV_HEADS = 2;
    static final int HEAD_DIM = 8; // GroupQueryAttention takes multiples of 8
    static final int HIDDEN = HEADS * HEAD_DIM;

    /** Tokens that the graph knows: 256 bytes and three special ones. */
    public static final int VOCABULARY = 259;

    /** How many positions there are. */
    public static final int CONTEXT = 128;

    private static final int FLOAT = Element.FLOAT.code();

    /** Where a graph has the tokens' positions from. */
    public enum Positions {
        /** From the input {@code position_ids}. */
        GIVEN,
        /** It counts the ones of the attention mask, as OPT does. */
        COUNTED_IN_MASK,
        /** It counts on from the length of the cache, as exports of GPT-2 and Llama without {@code position_ids} do. */
        COUNTED_IN_PAST
    }

    /** The usual form: FP32 cache, position_ids, not merged. */
    public static TinyDecoder standard() {
        return new TinyDecoder(TinyWeights.random(42), Element.FLOAT, Positions.GIVEN, false, false);
    }

    /** The same function in plain Java. */
    public TinyDecoderReference reference() {
        return new TinyDecoderReference(weights, cache == Element.FLOAT16);
    }

    /** Writes a whole model package: graph, tokenizer, configuration, a ChatML template. */
    public void writePackage(Path folder) {
        OnnxGraph.write(graph(), folder);
        TinyTokenizer.write(folder);
    }

    /** The ONNX file. */
    public byte[] graph() {
        return OnnxGraph.model(out -> {
            constants(out);
            mask(out);
            embed(out);
            if (fused) {
                lengths(out);
            }
            for (int layer = 0; layer < LAYERS; layer++) {
                layer(out, layer);
            }
            op(out, "MatMul", "x" + LAYERS, "head", "unbiased");
            op(out, "Add", "unbiased", "bias", "logits");
            inputsAndOutputs(out);
        });
    }

    private void constants(CodedOutputStream out) throws IOException {
        matrix(out, "tokens", weights.tokens());
        matrix(out, "places", weights.places());
        matrix(out, "head", weights.head());
        message(out, 5, tensor("bias", Element.FLOAT, floats(new float[][] {weights.bias()}), VOCABULARY));
        for (int layer = 0; layer < LAYERS; layer++) {
            TinyWeights.Layer of = weights.layers().get(layer);
            matrix(out, "q" + layer, of.query());
            matrix(out, "k" + layer, of.key());
            matrix(out, "v" + layer, of.value());
            matrix(out, "o" + layer, of.output());
            matrix(out, "w" + layer, of.inner());
        }
        longs(out, "query_shape", 0, 0, HEADS, HEAD_DIM);
        longs(out, "kv_shape", 0, 0, KV_HEADS, HEAD_DIM);
        longs(out, "flat_shape", 0, 0, HIDDEN);
        longs(out, "axis_0", 0);
        longs(out, "axis_1", 1);
        longs(out, "axes_12", 1, 2);
        scalar(out, "zero", 0);
        scalar(out, "one", 1);
        message(out, 5, tensor("scale", Element.FLOAT, floats(new float[][] {{(float) (1 / Math.sqrt(HEAD_DIM))}})));
        message(out, 5, tensor("far", Element.FLOAT, floats(new float[][] {{-1e9f}})));
        message(out, 5, tensor("unit", Element.FLOAT, floats(new float[][] {{1f}})));
    }

    private void embed(CodedOutputStream out) throws IOException {
        op(out, "Gather", "tokens", "input_ids", "token_vectors");
        String places =
                switch (positions) {
                    case GIVEN -> "position_ids";
                    case COUNTED_IN_MASK -> {
                        op(out, "CumSum", "attention_mask", "one", "counts");
                        op(out, "Sub", "counts", "one", "from_minus_one");
                        op(out, "Max", "from_minus_one", "zero", "from_zero");
                        op(out, "Unsqueeze", "past", "axis_0", "slice_start");
                        op(out, "Unsqueeze", "all", "axis_0", "slice_end");
                        message(
                                out,
                                1,
                                node(
                                        "Slice",
                                        List.of("from_zero", "slice_start", "slice_end", "axis_1"),
                                        List.of("counted")));
                        yield "counted";
                    }
                    case COUNTED_IN_PAST -> "rows";
                };
        op(out, "Gather", "places", places, "place_vectors");
        op(out, "Add", "token_vectors", "place_vectors", "x0");
    }

    /** What must not be seen gets a large negative score: padding, and what comes later. Result [batch, 1, new, all]. */
    private void mask(CodedOutputStream out) throws IOException {
        cast(out, "attention_mask", "seen", FLOAT);
        op(out, "Sub", "unit", "seen", "padding");
        op(out, "Unsqueeze", "padding", "axes_12", "padding_4d");
        op(out, "Mul", "padding_4d", "far", "padding_scores");
        op(out, "Shape", "attention_mask", "", "mask_shape");
        op(out, "Gather", "mask_shape", "one", "all");
        op(out, "Shape", "input_ids", "", "new_shape");
        op(out, "Gather", "new_shape", "one", "new");
        op(out, "Sub", "all", "new", "past");
        message(out, 1, node("Range", List.of("zero", "all", "one"), List.of("columns")));
        message(out, 1, node("Range", List.of("past", "all", "one"), List.of("rows")));
        op(out, "Unsqueeze", "rows", "axis_1", "rows_2d");
        op(out, "Greater", "columns", "rows_2d", "later");
        cast(out, "later", "later_float", FLOAT);
        String hidden = "later_float";
        if (merged) {
            hidden = "later_at_first";
            cast(out, "use_cache_branch", "cached_float", FLOAT);
            op(out, "Sub", "unit", "cached_float", "first_float");
            op(out, "Mul", "later_float", "first_float", hidden);
        }
        op(out, "Mul", hidden, "far", "later_scores");
        op(out, "Add", "padding_scores", "later_scores", "mask");
    }

    /** What GroupQueryAttention asks for: the last position of each row, and how many there are in all. */
    private static void lengths(CodedOutputStream out) throws IOException {
        message(out, 1, body -> {
            node("ReduceSum", List.of("attention_mask", "axis_1"), List.of("filled"))
                    .write(body);
            integer(body, "keepdims", 0);
        });
        op(out, "Sub", "filled", "one", "last_long");
        cast(out, "last_long", "last", Element.INT32.code());
        cast(out, "all", "all_int", Element.INT32.code());
    }

    private void layer(CodedOutputStream out, int layer) throws IOException {
        String x = "x" + layer;
        if (fused) {
            fusedAttention(out, layer);
        } else {
            attention(out, layer);
        }
        op(out, "MatMul", "attended" + layer, "o" + layer, "attention" + layer);
        op(out, "Add", x, "attention" + layer, "residual" + layer);
        op(out, "MatMul", "residual" + layer, "w" + layer, "linear" + layer);
        op(out, "Tanh", "linear" + layer, "", "inner" + layer);
        op(out, "Add", "residual" + layer, "inner" + layer, "x" + (layer + 1));
    }

    private static void fusedAttention(CodedOutputStream out, int layer) throws IOException {
        List<String> inputs = new ArrayList<>();
        for (String matrix : List.of("q", "k", "v")) {
            op(out, "MatMul", "x" + layer, matrix + layer, matrix + "_flat" + layer);
            inputs.add(matrix + "_flat" + layer);
        }
        inputs.addAll(
                List.of("past_key_values." + layer + ".key", "past_key_values." + layer + ".value", "last", "all_int"));
        message(out, 1, body -> {
            node(
                            "GroupQueryAttention",
                            inputs,
                            List.of("attended" + layer, "present." + layer + ".key", "present." + layer + ".value"))
                    .write(body);
            body.writeString(7, OnnxGraph.MICROSOFT);
            integer(body, "num_heads", HEADS);
            integer(body, "kv_num_heads", KV_HEADS);
        });
    }

    private void attention(CodedOutputStream out, int layer) throws IOException {
        String x = "x" + layer;
        project(out, x, "q" + layer, "query_shape", "query" + layer);
        String keys = cached(out, layer, x, "k", "key");
        String values = cached(out, layer, x, "v", "value");
        transpose(out, keys, "keys_t" + layer, 0, 1, 3, 2);
        op(out, "MatMul", "query" + layer, "keys_t" + layer, "raw" + layer);
        op(out, "Mul", "raw" + layer, "scale", "scaled" + layer);
        op(out, "Add", "scaled" + layer, "mask", "scores" + layer);
        message(out, 1, body -> {
            node("Softmax", List.of("scores" + layer), List.of("weights" + layer))
                    .write(body);
            integer(body, "axis", -1);
        });
        op(out, "MatMul", "weights" + layer, values, "heads" + layer);
        transpose(out, "heads" + layer, "heads_t" + layer, 0, 2, 1, 3);
        op(out, "Reshape", "heads_t" + layer, "flat_shape", "attended" + layer);
    }

    /** [batch, new, hidden] to [batch, heads, new, dim]. */
    private static void project(CodedOutputStream out, String x, String matrix, String shape, String result)
            throws IOException {
        op(out, "MatMul", x, matrix, result + "_flat");
        op(out, "Reshape", result + "_flat", shape, result + "_split");
        transpose(out, result + "_split", result, 0, 2, 1, 3);
    }

    /** Past and new keys or values, which become an output too, in as many heads as the queries have. */
    private String cached(CodedOutputStream out, int layer, String x, String matrix, String kind) throws IOException {
        String fresh = kind + "_new" + layer;
        String present = "present." + layer + "." + kind;
        project(out, x, matrix + layer, "kv_shape", fresh);
        String stored = fresh;
        if (cache == Element.FLOAT16) {
            stored = fresh + "_half";
            cast(out, fresh, stored, cache.code());
        }
        String joined = stored;
        message(out, 1, body -> {
            node("Concat", List.of("past_key_values." + layer + "." + kind, joined), List.of(present))
                    .write(body);
            integer(body, "axis", 2);
        });
        String usable = present;
        if (cache == Element.FLOAT16) {
            usable = kind + "_full" + layer;
            cast(out, present, usable, FLOAT);
        }
        String all = usable;
        String repeated = kind + "_heads" + layer;
        message(out, 1, body -> {
            node("Gather", List.of(all, "head_of"), List.of(repeated)).write(body);
            integer(body, "axis", 1);
        });
        return repeated;
    }

    private void inputsAndOutputs(CodedOutputStream out) throws IOException {
        longs(out, "head_of", 0, 0, 1, 1);
        message(out, 11, value("input_ids", Element.INT64, -1, -1));
        message(out, 11, value("attention_mask", Element.INT64, -1, -1));
        if (positions == Positions.GIVEN) {
            message(out, 11, value("position_ids", Element.INT64, -1, -1));
        }
        message(out, 12, value("logits", Element.FLOAT, -1, -1, VOCABULARY));
        for (int layer = 0; layer < LAYERS; layer++) {
            for (String kind : List.of("key", "value")) {
                message(out, 11, value("past_key_values." + layer + "." + kind, cache, -1, KV_HEADS, -1, HEAD_DIM));
                message(out, 12, value("present." + layer + "." + kind, cache, -1, KV_HEADS, -1, HEAD_DIM));
            }
        }
        if (merged) {
            message(out, 11, value("use_cache_branch", Element.BOOL, 1));
        }
    }

    /** A node of one or two inputs; an empty second one is none. */
    private static void op(CodedOutputStream out, String operator, String first, String second, String output)
            throws IOException {
        List<String> inputs = new ArrayList<>(List.of(first));
        if (!second.isEmpty()) {
            inputs.add(second);
        }
        message(out, 1, node(operator, inputs, List.of(output)));
    }

    private static void cast(CodedOutputStream out, String input, String output, int type) throws IOException {
        message(out, 1, body -> {
            node("Cast", List.of(input), List.of(output)).write(body);
            integer(body, "to", type);
        });
    }

    private static void transpose(CodedOutputStream out, String input, String output, int... order) throws IOException {
        message(out, 1, body -> {
            node("Transpose", List.of(input), List.of(output)).write(body);
            Body attribute = fields -> {
                fields.writeString(1, "perm");
                for (int axis : order) {
                    fields.writeInt64(8, axis);
                }
                fields.writeInt32(20, 7); // AttributeType.INTS
            };
            message(body, 5, attribute);
        });
    }

    private static void matrix(CodedOutputStream out, String name, float[][] rows) throws IOException {
        message(out, 5, tensor(name, Element.FLOAT, floats(rows), rows.length, rows[0].length));
    }

    private static void longs(CodedOutputStream out, String name, long... values) throws IOException {
        message(out, 5, tensor(name, Element.INT64, raw(values), values.length));
    }

    private static void scalar(CodedOutputStream out, String name, long value) throws IOException {
        message(out, 5, tensor(name, Element.INT64, raw(value)));
    }

    private static byte[] raw(long... values) {
        ByteBuffer raw = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long value : values) {
            raw.putLong(value);
        }
        return raw.array();
    }

    private static byte[] floats(float[][] rows) {
        ByteBuffer raw =
                ByteBuffer.allocate(rows.length * rows[0].length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float[] row : rows) {
            for (float value : row) {
                raw.putFloat(value);
            }
        }
        return raw.array();
    }
}
