package dev.weft.inference.pipeline;

import dev.weft.inference.tensor.DataType;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToLongBiFunction;
import java.util.stream.IntStream;

/**
 * Rows that are computed in one run, padded on the right to the longest.
 *
 * @param texts the rows
 * @param rows for each, its place in the request
 * @param width tokens of the longest row
 */
record TokenBatch(List<TokenizedText> texts, List<Integer> rows, int width) {

    /** How many rows. */
    int size() {
        return texts.size();
    }

    /** Tokens that are computed for a purpose, padding not counted. */
    int tokens() {
        return texts.stream().mapToInt(TokenizedText::length).sum();
    }

    /**
     * Makes a batch of every row.
     */
    static List<TokenBatch> single(List<TokenizedText> texts) {
        return IntStream.range(0, texts.size())
                .mapToObj(row -> new TokenBatch(
                        List.of(texts.get(row)), List.of(row), texts.get(row).length()))
                .toList();
    }

    /**
     * Cuts a request's rows into batches of similar length.
     *
     * @param budget tokens per batch, padding counted; a single row may exceed it
     */
    static List<TokenBatch> split(List<TokenizedText> texts, int budget) {
        List<Integer> order = IntStream.range(0, texts.size())
                .boxed()
                .sorted(Comparator.comparingInt(row -> texts.get(row).length()))
                .toList();
        List<TokenBatch> batches = new ArrayList<>();
        int start = 0;
        for (int end = 1; end <= order.size(); end++) {
            // Sorted by length: the next row is the longest, so it decides the width of a batch that takes it in.
            boolean full =
                    end == order.size() || (long) texts.get(order.get(end)).length() * (end - start + 1) > budget;
            if (full) {
                List<Integer> rows = order.subList(start, end);
                int width = texts.get(rows.getLast()).length();
                batches.add(new TokenBatch(rows.stream().map(texts::get).toList(), rows, width));
                start = end;
            }
        }
        return batches;
    }

    /** The tensors that a graph with these inputs reads, each [size, width]. */
    List<Tensor> toTensors(List<TensorSpec> inputs, int padTokenId) {
        return inputs.stream()
                .map(input -> switch (input.name()) {
                    case "input_ids" -> tensor(input, padTokenId, (text, i) -> text.ids()[i]);
                    case "token_type_ids" -> tensor(input, 0, (text, i) -> text.typeIds()[i]);
                    case "attention_mask" -> tensor(input, 0, (_, _) -> 1);
                    default -> throw new IllegalStateException("input " + input.name() + " was accepted at load");
                })
                .toList();
    }

    private Tensor tensor(TensorSpec spec, long padding, ToLongBiFunction<TokenizedText, Integer> value) {
        boolean wide = spec.type() == DataType.INT64;
        ByteBuffer data =
                ByteBuffer.allocateDirect(size() * width * spec.type().size()).order(ByteOrder.LITTLE_ENDIAN);
        for (TokenizedText text : texts) {
            for (int i = 0; i < width; i++) {
                long token = i < text.length() ? value.applyAsLong(text, i) : padding;
                if (wide) {
                    data.putLong(token);
                } else {
                    data.putInt((int) token);
                }
            }
        }
        return new Tensor.Numbers(spec.name(), spec.type(), Shape.of(size(), width), data.flip());
    }
}
