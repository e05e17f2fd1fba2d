package dev.weft.inference.pipeline;

import dev.weft.inference.modelpackage.Task.TextLimits;
import dev.weft.inference.tensor.DataType;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.Utf8;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The rows that a request asks for, checked as far as that is cheap; each is tokenised, and checked to the end, when it is wanted. */
public sealed interface TextRequest {

    /** How many rows. */
    int size();

    /** What makes the row of that number the same as another request's: a text, or two; empty where there is none. */
    String text(int row);

    /** Texts. */
    record Texts(String field, List<String> texts) implements TextRequest {

        static Texts of(Tensor.Strings tensor) {
            String field = "input '" + tensor.name() + "'";
            List<Long> dims = tensor.shape().dims();
            if (dims.size() != 1 && !(dims.size() == 2 && dims.get(1) == 1)) {
                throw new InvalidArgument(field + ": shape " + tensor.shape() + " (expected: [rows] or [rows, 1])");
            }
            List<String> texts = Utf8.decode(tensor);
            for (int i = 0; i < texts.size(); i++) {
                if (texts.get(i).isBlank()) {
                    throw new InvalidArgument(
                            field + "[" + i + "]: empty text (expected: at least one character that is no space)");
                }
            }
            return new Texts(field, texts);
        }

        @Override
        public int size() {
            return texts.size();
        }

        @Override
        public String text(int row) {
            return texts.get(row);
        }
    }

    /** Texts, each to be read together with the same query. */
    record Pairs(String query, Texts texts) implements TextRequest {
        @Override
        public int size() {
            return texts.size();
        }

        @Override
        public String text(int row) {
            // The query's length, since any character that would separate the two may be in both.
            return query.length() + ":" + query + texts.text(row);
        }
    }

    /**
     * Token ids, computed as they are.
     *
     * @param rows each at least one id long
     */
    record Tokens(String field, List<long[]> rows) implements TextRequest {

        /** Reads [rows, tokens], INT64 or INT32; a negative id ends its row. */
        static Tokens of(Tensor tensor, TextLimits limits) {
            String field = "input '" + tensor.name() + "'";
            List<Long> dims = tensor.shape().dims();
            if (!(tensor instanceof Tensor.Numbers numbers)
                    || (tensor.type() != DataType.INT64 && tensor.type() != DataType.INT32)
                    || dims.size() != 2) {
                throw new InvalidArgument(field + ": " + tensor.type() + " " + tensor.shape()
                        + " (expected: INT64 or INT32 [rows, tokens])");
            }
            ByteBuffer data = numbers.view();
            int width = Math.toIntExact(dims.get(1));
            List<long[]> rows = new ArrayList<>();
            for (int row = 0; row < dims.get(0); row++) {
                rows.add(readRow(data, numbers.type(), width, field + "[" + row + "]", limits));
            }
            return new Tokens(field, rows);
        }

        private static long[] readRow(ByteBuffer data, DataType type, int width, String field, TextLimits limits) {
            long[] ids = new long[width];
            int length = 0;
            boolean ended = false;
            for (int i = 0; i < width; i++) {
                long id = type == DataType.INT64 ? data.getLong() : data.getInt();
                ended |= id < 0;
                if (!ended) {
                    if (limits.vocabularySize().isPresent()
                            && id >= limits.vocabularySize().getAsInt()) {
                        throw new InvalidArgument(field + "[" + i + "]: " + id + " (expected: below the vocabulary's "
                                + limits.vocabularySize().getAsInt() + ")");
                    }
                    ids[length++] = id;
                }
            }
            if (length == 0) {
                throw new InvalidArgument(field + ": no tokens (expected: at least one)");
            }
            return Arrays.copyOf(ids, length);
        }

        @Override
        public int size() {
            return rows.size();
        }

        @Override
        public String text(int row) {
            return "";
        }
    }
}
