package dev.weft.inference.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.weft.inference.modelpackage.Task;
import dev.weft.inference.pipeline.TokenizedText.Spans;
import dev.weft.inference.tensor.DataType;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The entities that a text names: output ENTITIES, BYTES [rows], each a JSON array of {@link Entity}. A word has the label of its first
 * token; words of one label that follow each other are one entity, unless the label says by B- that another begins. Label O is no
 * entity.
 *
 * @see <a href="https://huggingface.co/docs/transformers/main_classes/pipelines#transformers.TokenClassificationPipeline">
 *     aggregation strategy "first"</a>
 */
record TokenClassificationHead(TensorSpec source, List<String> labels) implements Head {

    private static final ObjectWriter JSON = JsonMapper.builder().build().writer();
    private static final String OUTSIDE = "O";

    /** Numbers per token of a row's result: the best label's, and its probability. */
    private static final int STRIDE = 2;

    static TokenClassificationHead of(Task.TokenClassification task, List<TensorSpec> graphOutputs) {
        TensorSpec source = Head.requireLogits(graphOutputs, 3, task.labels().size());
        return new TokenClassificationHead(source, task.labels());
    }

    @Override
    public Shape shape(int rows, int width) {
        return Shape.of(rows, width, labels.size());
    }

    @Override
    public float[] read(RunOutput output, int row, int width, TokenizedText text) {
        int count = labels.size();
        float[] scores = output.floats(row * width * count, text.length() * count);
        float[] best = new float[STRIDE * text.length()];
        for (int token = 0; token < text.length(); token++) {
            Head.softmax(scores, token * count, count);
            int label = Head.best(scores, token * count, count);
            best[STRIDE * token] = label;
            best[STRIDE * token + 1] = scores[token * count + label];
        }
        return best;
    }

    @Override
    public List<TensorSpec> specs() {
        return List.of(new TensorSpec("ENTITIES", DataType.BYTES, List.of(-1L)));
    }

    @Override
    public List<Tensor> tensors(List<TextRow> rows) {
        return List.of(Head.strings("ENTITIES", rows, row -> json(entities(row))));
    }

    private static String json(List<Entity> entities) {
        try {
            return JSON.writeValueAsString(entities);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    List<Entity> entities(TextRow row) {
        List<Entity> entities = new ArrayList<>();
        Spans spans = row.text().spans();
        Growing open = null;
        for (int token = 0; token < spans.words().length; token++) {
            if (spans.words()[token] < 0) {
                continue;
            }
            boolean continuesWord = token > 0 && spans.words()[token] == spans.words()[token - 1];
            if (continuesWord) {
                if (open != null) {
                    open.end = spans.ends()[token];
                }
                continue;
            }
            String label = labels.get((int) row.result()[STRIDE * token]);
            float score = row.result()[STRIDE * token + 1];
            if (open != null && open.takes(label)) {
                open.add(score, spans.ends()[token]);
                continue;
            }
            close(open, row, entities);
            open = label.equals(OUTSIDE)
                    ? null
                    : new Growing(group(label), spans.starts()[token], spans.ends()[token], score);
        }
        close(open, row, entities);
        return entities;
    }

    private static void close(@Nullable Growing open, TextRow row, List<Entity> entities) {
        if (open != null) {
            String text = row.source();
            String word = text.substring(text.offsetByCodePoints(0, open.start), text.offsetByCodePoints(0, open.end));
            entities.add(new Entity(open.group, open.sum / open.words, word, open.start, open.end));
        }
    }

    private static String group(String label) {
        return label.startsWith("B-") || label.startsWith("I-") ? label.substring(2) : label;
    }

    /** An entity whose words are still coming. */
    private static final class Growing {
        private final String group;
        private final int start;
        private int end;
        private float sum;
        private int words = 1;

        private Growing(String group, int start, int end, float score) {
            this.group = group;
            this.start = start;
            this.end = end;
            this.sum = score;
        }

        private boolean takes(String label) {
            return !label.startsWith("B-") && group(label).equals(group);
        }

        private void add(float score, int upTo) {
            sum += score;
            words++;
            end = upTo;
        }
    }
}
