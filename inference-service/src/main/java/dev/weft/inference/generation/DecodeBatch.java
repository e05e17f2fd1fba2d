package dev.weft.inference.generation;

import dev.weft.inference.backend.DecoderBackend;
import dev.weft.inference.backend.DecoderBackend.CacheRow;
import dev.weft.inference.backend.DecoderBackend.DecoderInput;
import dev.weft.inference.backend.DecoderBackend.KvCache;
import dev.weft.inference.backend.DecoderBackend.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Sequences that are computed in one step, and the cache whose rows are theirs. Owned by the engine's thread; closed by it. */
final class DecodeBatch implements AutoCloseable {

    private final DecoderBackend backend;
    private final List<Sequence> sequences;
    private KvCache cache;

    /**
     * @param cache a row for each sequence; this batch closes it
     */
    DecodeBatch(DecoderBackend backend, List<Sequence> sequences, KvCache cache) {
        this.backend = backend;
        this.sequences = List.copyOf(sequences);
        this.cache = cache;
    }

    /**
     * One batch of all sequences that are not over, in their order; empty when all are. The batches that they come from stay as they
     * were.
     */
    static Optional<DecodeBatch> merge(DecoderBackend backend, List<DecodeBatch> batches) {
        List<Sequence> sequences = new ArrayList<>();
        List<CacheRow> rows = new ArrayList<>();
        for (DecodeBatch batch : batches) {
            for (int row = 0; row < batch.sequences.size(); row++) {
                if (!batch.sequences.get(row).isOver()) {
                    sequences.add(batch.sequences.get(row));
                    rows.add(batch.row(row));
                }
            }
        }
        return rows.isEmpty()
                ? Optional.empty()
                : Optional.of(new DecodeBatch(backend, sequences, backend.gather(rows)));
    }

    /** A batch for each sequence. This one stays as it was. */
    List<DecodeBatch> split() {
        List<DecodeBatch> singles = new ArrayList<>();
        try {
            for (int row = 0; row < sequences.size(); row++) {
                singles.add(new DecodeBatch(backend, List.of(sequences.get(row)), backend.gather(List.of(row(row)))));
            }
        } catch (RuntimeException e) {
            singles.forEach(DecodeBatch::close);
            throw e;
        }
        return singles;
    }

    private CacheRow row(int row) {
        return new CacheRow(cache, row, sequences.get(row).cached());
    }

    List<Sequence> sequences() {
        return sequences;
    }

    boolean hasEnded() {
        return sequences.stream().anyMatch(Sequence::isOver);
    }

    boolean isOver() {
        return sequences.stream().allMatch(Sequence::isOver);
    }

    /**
     * Chooses the next token of each sequence. One that cannot choose fails alone.
     *
     * @throws RuntimeException when the graph fails; nothing has changed then, and the step may be tried again
     */
    void step() {
        int rows = sequences.size();
        long[] tokens = new long[rows];
        int[] padding = new int[rows];
        for (int row = 0; row < rows; row++) {
            tokens[row] = sequences.get(row).nextToken();
            padding[row] = cache.length() - sequences.get(row).cached();
        }
        Step step = backend.decode(new DecoderInput(tokens, padding), cache);
        cache.close();
        cache = step.cache();
        for (int row = 0; row < rows; row++) {
            Sequence sequence = sequences.get(row);
            sequence.read(1);
            int start = row * step.vocabulary();
            try {
                sequence.accept(Arrays.copyOfRange(step.logits(), start, start + step.vocabulary()));
            } catch (RuntimeException e) {
                sequence.fail(e);
            }
        }
    }

    @Override
    public void close() {
        cache.close();
    }
}
