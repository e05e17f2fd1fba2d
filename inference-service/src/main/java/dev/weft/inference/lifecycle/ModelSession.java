package dev.weft.inference.lifecycle;

import dev.weft.inference.backend.InferenceBackend;
import dev.weft.inference.batching.BatchRunner;
import dev.weft.inference.batching.Row;
import dev.weft.inference.pipeline.TextRow;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.Tensors;
import dev.weft.kit.error.Failure.Internal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One session of a model: computes texts through its pipeline, if it has one, and raw tensors by the graph alone. */
final class ModelSession implements BatchRunner<Row> {

    private final InferenceBackend backend;
    private final Optional<BatchRunner<TextRow>> texts;

    ModelSession(InferenceBackend backend, Optional<BatchRunner<TextRow>> texts) {
        this.backend = backend;
        this.texts = texts;
    }

    @Override
    public void run(List<Row> rows) {
        List<TextRow> textRows = new ArrayList<>();
        List<TensorRow> tensorRows = new ArrayList<>();
        for (Row row : rows) {
            if (row instanceof TextRow text) {
                textRows.add(text);
            } else if (row instanceof TensorRow tensors) {
                tensorRows.add(tensors);
            }
        }
        if (!textRows.isEmpty()) {
            texts.orElseThrow().run(textRows);
        }
        if (!tensorRows.isEmpty()) {
            runTensors(tensorRows);
        }
    }

    private void runTensors(List<TensorRow> rows) {
        TensorRow first = rows.getFirst();
        if (rows.size() == 1 || !rows.stream().allMatch(first::joins)) {
            rows.forEach(row -> row.complete(backend.run(row.inputs(), row.outputs())));
            return;
        }
        List<Tensor> joined = new ArrayList<>();
        for (int i = 0; i < first.inputs().size(); i++) {
            int input = i;
            joined.add(Tensors.join(
                    rows.stream().map(row -> row.inputs().get(input)).toList()));
        }
        List<Tensor> outputs = backend.run(joined, first.outputs());
        int[] lengths = rows.stream().mapToInt(TensorRow::length).toArray();
        List<List<Tensor>> parts =
                outputs.stream().map(output -> split(output, lengths)).toList();
        for (int i = 0; i < rows.size(); i++) {
            int row = i;
            rows.get(i).complete(parts.stream().map(part -> part.get(row)).toList());
        }
    }

    private static List<Tensor> split(Tensor output, int[] lengths) {
        try {
            return Tensors.split(output, lengths);
        } catch (IllegalArgumentException e) {
            throw new Internal(
                    "output '" + output.name() + "' has shape " + output.shape()
                            + " (expected: one row for each of the batch; weft.json should say max_batch_size 1)",
                    e);
        }
    }
}
