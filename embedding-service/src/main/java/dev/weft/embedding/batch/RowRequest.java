package dev.weft.embedding.batch;

import dev.weft.embedding.collection.NewPoint;
import dev.weft.embedding.embedder.BatchEmbedder.Input;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one row asks for. */
sealed interface RowRequest {

    /** The model that embeds its inputs; empty when there is none. */
    String model();

    /** What is to be embedded; may be nothing. */
    Input input();

    /** How much work it is, in inputs. */
    int size();

    /** Whether texts over the model's limit are cut rather than refused. */
    boolean truncate();

    /** How many of the vectors' first dimensions are wanted; null for all. */
    @Nullable
    Integer dimensions();

    /** How its client knows an input. */
    String field(int number);

    /**
     * Vectors.
     *
     * @param isSingle whether its input was one text or one list of tokens, rather than a list of them
     * @param base64 whether vectors are written as little-endian float32 in Base64, rather than as numbers
     */
    record Vectors(
            String model,
            Input input,
            boolean isSingle,
            @Nullable Integer dimensions,
            boolean base64,
            boolean truncate) implements RowRequest {

        @Override
        public int size() {
            return input.size();
        }

        @Override
        public String field(int number) {
            return isSingle ? "input" : "input[" + number + "]";
        }
    }

    /** Points to keep; the texts of those without a vector are its inputs, in the points' order. */
    record Points(String model, List<NewPoint> points) implements RowRequest {

        public Points {
            points = List.copyOf(points);
        }

        @Override
        public Input input() {
            return new Input.Texts(points.stream()
                    .filter(point -> point.vector() == null)
                    .map(point -> String.valueOf(point.text()))
                    .toList());
        }

        @Override
        public int size() {
            return points.size();
        }

        @Override
        public boolean truncate() {
            return false;
        }

        @Override
        public @Nullable Integer dimensions() {
            return null;
        }

        @Override
        public String field(int number) {
            int left = number;
            for (int i = 0; i < points.size(); i++) {
                if (points.get(i).vector() == null && left-- == 0) {
                    return "points[" + i + "].text";
                }
            }
            throw new IllegalArgumentException("input: " + number + " (expected: one that there is)");
        }
    }
}
