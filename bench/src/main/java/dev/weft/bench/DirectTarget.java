package dev.weft.bench;

import ai.onnxruntime.OrtException;
import dev.weft.bench.BundledModel.Batch;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The limit: ONNX Runtime called in a loop on tokens that are ready, with no tokenizer, queue, pooling or wire. More threads than
 * cores would only disturb each other, so it takes no more, whatever the number of clients.
 */
final class DirectTarget implements Target {

    private final BundledModel model;
    private final String label;
    private final int rows;
    private final List<Batch> batches;

    private DirectTarget(BundledModel model, String label, int rows, List<Batch> batches) {
        this.model = model;
        this.label = label;
        this.rows = rows;
        this.batches = batches;
    }

    /** One text per run, in the order of the texts. */
    static DirectTarget single(BundledModel model, List<Text> texts) {
        return new DirectTarget(
                model,
                "direct",
                1,
                texts.stream().map(text -> model.encode(List.of(text))).toList());
    }

    /** So many texts per run, those of similar length together, as a batching engine would put them; a rest is left out. */
    static DirectTarget batched(BundledModel model, List<Text> texts, int rows) {
        return new DirectTarget(
                model,
                "direct, batches of " + rows,
                rows,
                batches(texts, rows).stream().map(model::encode).toList());
    }

    /** The batches of {@link #batched}. */
    static List<List<Text>> batches(List<Text> texts, int rows) {
        List<Text> sorted =
                texts.stream().sorted(Comparator.comparingInt(Text::tokens)).toList();
        List<List<Text>> batches = new ArrayList<>();
        for (int start = 0; start + rows <= sorted.size(); start += rows) {
            batches.add(sorted.subList(start, start + rows));
        }
        return batches;
    }

    @Override
    public String label() {
        return label;
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int threads(int clients) {
        return Math.min(clients, Runtime.getRuntime().availableProcessors());
    }

    @Override
    public int call(int number) throws OrtException {
        Batch batch = batches.get(Math.floorMod(number, batches.size()));
        model.run(batch);
        return batch.tokens();
    }
}
