package dev.weft.inference.pipeline;

import dev.weft.inference.backend.InferenceBackend;
import dev.weft.inference.batching.BatchRunner;
import dev.weft.inference.tensor.DataType;
import dev.weft.inference.tensor.Shape;
import dev.weft.inference.tensor.Tensor;
import dev.weft.inference.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Computes batches of a text model's rows: writes their tokens, padded on the right to the longest, where the graph reads them, and reads
 * the graph's output where it wrote it. Not thread-safe: owned by one session's thread, and so are its buffers, which live outside
 * of the heap and are used again by every run.
 */
final class TextSession implements BatchRunner<TextRow> {

    /** Buffers above this size are not kept: a single huge batch must not hold its memory for good. */
    private static final int LARGEST_KEPT = 64 << 20;

    private final InferenceBackend backend;
    private final Head head;
    private final int padTokenId;
    private final List<Scratch> inputs;
    private final Scratch output = new Scratch();

    TextSession(InferenceBackend backend, Head head, int padTokenId) {
        this.backend = backend;
        this.head = head;
        this.padTokenId = padTokenId;
        this.inputs = backend.inputs().stream().map(_ -> new Scratch()).toList();
    }

    @Override
    public void run(List<TextRow> rows) {
        int width = 0;
        for (TextRow row : rows) {
            width = Math.max(width, row.length());
        }
        List<Tensor> tensors = new ArrayList<>(inputs.size());
        for (int i = 0; i < inputs.size(); i++) {
            tensors.add(tensor(backend.inputs().get(i), inputs.get(i), rows, width));
        }
        Shape shape = head.shape(rows.size(), width);
        DataType type = head.source().type();
        ByteBuffer result = output.take(shape.elements() * type.size());
        backend.runInto(tensors, List.of(new Tensor.Numbers(head.source().name(), type, shape, result)));
        RunOutput read = new RunOutput(result, type);
        for (int i = 0; i < rows.size(); i++) {
            TextRow row = rows.get(i);
            row.complete(head.read(read, i, width, row.text()));
        }
    }

    private Tensor tensor(TensorSpec spec, Scratch scratch, List<TextRow> rows, int width) {
        ByteBuffer data = scratch.take(rows.size() * width * spec.type().size());
        for (TextRow row : rows) {
            TokenizedText text = row.text();
            switch (spec.name()) {
                case "input_ids" -> put(data, spec.type(), text.ids());
                case "token_type_ids" -> put(data, spec.type(), text.typeIds());
                case "attention_mask" -> fill(data, spec.type(), 1, text.length());
                default -> throw new IllegalStateException("input " + spec.name() + " was accepted at load");
            }
            fill(data, spec.type(), spec.name().equals("input_ids") ? padTokenId : 0, width - text.length());
        }
        return new Tensor.Numbers(spec.name(), spec.type(), Shape.of(rows.size(), width), data.flip());
    }

    private static void put(ByteBuffer data, DataType type, long[] values) {
        for (long value : values) {
            if (type == DataType.INT64) {
                data.putLong(value);
            } else {
                data.putInt((int) value);
            }
        }
    }

    private static void fill(ByteBuffer data, DataType type, long value, int count) {
        for (int i = 0; i < count; i++) {
            if (type == DataType.INT64) {
                data.putLong(value);
            } else {
                data.putInt((int) value);
            }
        }
    }

    /** Memory outside of the heap that grows with need. */
    private static final class Scratch {
        private ByteBuffer buffer = ByteBuffer.allocateDirect(4096);

        /** An empty little-endian buffer with room for exactly so many bytes; the one taken before is invalid. */
        private ByteBuffer take(int bytes) {
            if (bytes > LARGEST_KEPT) {
                return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
            }
            if (buffer.capacity() < bytes) {
                buffer = ByteBuffer.allocateDirect(Math.min(LARGEST_KEPT, Math.max(bytes, 2 * buffer.capacity())));
            }
            return buffer.slice(0, bytes).order(ByteOrder.LITTLE_ENDIAN);
        }
    }
}
