package dev.weft.inference.backend.onnxruntime;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.weft.inference.backend.DecoderBackend;
import dev.weft.inference.backend.onnxruntime.DecoderGraph.CacheNames;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.Internal;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A decoder in ONNX Runtime on the CPU. What one step gives as {@code present} is fed to the next as {@code past} where it lies, in
 * ONNX Runtime's memory; only {@link #gather} copies.
 */
public final class OnnxDecoder implements DecoderBackend {

    /** Operators to which a row's neighbours, or its padding, make a difference. */
    private static final Set<String> DEPENDENT =
            Set.of("DynamicQuantizeLinear", "GroupQueryAttention", "SparseAttention");

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final DecoderGraph graph;
    private final OnnxJavaType cacheType;
    private final boolean rowsIndependent;
    private final Set<String> cacheOutputs = new LinkedHashSet<>();
    private final AtomicInteger open = new AtomicInteger();

    private OnnxDecoder(OrtEnvironment environment, OrtSession session, Set<String> operators) throws OrtException {
        this.environment = environment;
        this.session = session;
        this.graph = DecoderGraph.of(
                session.getInputInfo().values().stream().map(OnnxTypes::spec).toList(),
                session.getOutputInfo().values().stream().map(OnnxTypes::spec).toList());
        this.cacheType =
                OnnxTypes.javaType(graph.type(), graph.caches().getFirst().past());
        graph.caches().forEach(cache -> cacheOutputs.add(cache.present()));
        this.rowsIndependent = Collections.disjoint(operators, DEPENDENT) && skipsPadding(operators);
    }

    /**
     * Whether positions are those of the real tokens. A graph that is not given them may count the mask; one that counts on from the length
     * of its cache counts the padding as well, and gives a row other positions when its padding changes.
     */
    private boolean skipsPadding(Set<String> operators) {
        return graph.inputs().contains(DecoderGraph.POSITION_IDS) || operators.contains("CumSum");
    }

    /**
     * Loads a graph.
     *
     * @throws FailedPrecondition when ONNX Runtime cannot load it, or it is no decoder with a KV cache
     */
    public static OnnxDecoder open(Path graph, OnnxSettings settings) {
        try {
            OrtEnvironment environment = OnnxBackend.environment();
            try (OrtSession.SessionOptions options = OnnxBackend.options(settings)) {
                OrtSession session = environment.createSession(graph.toString(), options);
                try {
                    return new OnnxDecoder(environment, session, GraphOperators.of(graph));
                } catch (OrtException | RuntimeException e) {
                    session.close();
                    throw e;
                }
            }
        } catch (OrtException e) {
            throw new FailedPrecondition(graph.getFileName() + ": " + e.getMessage());
        }
    }

    /**
     * {@inheritDoc} As in {@link OnnxBackend#rowsAreIndependent}; and GroupQueryAttention and its kin take the number of a row's tokens, not
     * a mask, and so the beginning of a padded row for its tokens.
     */
    @Override
    public boolean rowsAreIndependent() {
        return rowsIndependent;
    }

    /**
     * {@inheritDoc} The half of a merged graph that takes a past was traced with one token. Depending on the model and the exporter's
     * version, a mask between the tokens of one call is not in the trace, and they would see what comes after them.
     */
    @Override
    public boolean readsInPieces() {
        return !graph.inputs().contains(DecoderGraph.USE_CACHE_BRANCH);
    }

    @Override
    public long cacheBytesPerToken() {
        return (long) graph.caches().size() * bytesPerPosition() * graph.heads();
    }

    private int bytesPerPosition() {
        return graph.dim() * graph.type().size();
    }

    @Override
    public int openCaches() {
        return open.get();
    }

    @Override
    public KvCache emptyCache() {
        return allocate(1, 0, (_, _) -> {});
    }

    @Override
    public KvCache prefill(DecoderInput input, KvCache past) {
        return run(input, past, cacheOutputs).cache();
    }

    @Override
    public Step decode(DecoderInput input, KvCache past) {
        Set<String> outputs = new LinkedHashSet<>(cacheOutputs);
        outputs.add(DecoderGraph.LOGITS);
        return run(input, past, outputs);
    }

    private Step run(DecoderInput input, KvCache past, Set<String> outputs) {
        OnnxCache before = (OnnxCache) past;
        if (before.rows() != input.rows()) {
            throw new IllegalArgumentException(before.rows() + " rows of past for " + input.rows() + " of tokens");
        }
        List<OnnxTensor> made = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            try {
                Map<String, OnnxTensor> feeds = feeds(input, before, arena, made);
                OrtSession.Result result = session.run(feeds, outputs);
                return step(result, input, before.length() + input.width());
            } finally {
                made.forEach(OnnxTensor::close);
            }
        } catch (OrtException e) {
            throw RunFailures.of(e, "the graph refuses its tokens");
        }
    }

    /** All inputs; the tensors that are made for this run alone are added to {@code made} as soon as they exist. */
    private Map<String, OnnxTensor> feeds(DecoderInput input, OnnxCache past, Arena arena, List<OnnxTensor> made)
            throws OrtException {
        Map<String, OnnxTensor> feeds = new HashMap<>();
        for (int i = 0; i < graph.caches().size(); i++) {
            feeds.put(graph.caches().get(i).past(), past.tensors.get(i));
        }
        int rows = input.rows();
        int width = input.width();
        int total = past.length() + width;
        for (String name : graph.inputs()) {
            OnnxTensor tensor =
                    switch (name) {
                        case DecoderGraph.INPUT_IDS -> longs(arena, input.tokens(), rows, width);
                        case DecoderGraph.ATTENTION_MASK -> longs(arena, mask(input, total), rows, total);
                        case DecoderGraph.POSITION_IDS -> longs(arena, positions(input, past.length()), rows, width);
                        case DecoderGraph.LOGITS_TO_KEEP -> longs(arena, new long[] {1});
                        case DecoderGraph.USE_CACHE_BRANCH -> flag(arena, past.length() > 0);
                        default -> throw new IllegalStateException(name + " was refused when the graph was loaded");
                    };
            made.add(tensor);
            feeds.put(name, tensor);
        }
        return feeds;
    }

    private OnnxTensor longs(Arena arena, long[] values, long... shape) throws OrtException {
        ByteBuffer data = arena.allocate((long) values.length * Long.BYTES, Long.BYTES)
                .asByteBuffer()
                .order(ByteOrder.nativeOrder());
        data.asLongBuffer().put(values);
        return OnnxTensor.createTensor(environment, data, shape, OnnxJavaType.INT64);
    }

    private OnnxTensor flag(Arena arena, boolean value) throws OrtException {
        ByteBuffer data = arena.allocate(1).asByteBuffer().put(0, (byte) (value ? 1 : 0));
        return OnnxTensor.createTensor(environment, data, new long[] {1}, OnnxJavaType.BOOL);
    }

    private static long[] mask(DecoderInput input, int total) {
        long[] mask = new long[input.rows() * total];
        for (int row = 0; row < input.rows(); row++) {
            java.util.Arrays.fill(mask, row * total + input.padding()[row], (row + 1) * total, 1);
        }
        return mask;
    }

    private static long[] positions(DecoderInput input, int past) {
        int width = input.width();
        long[] positions = new long[input.rows() * width];
        for (int row = 0; row < input.rows(); row++) {
            for (int i = 0; i < width; i++) {
                positions[row * width + i] = (long) past - input.padding()[row] + i;
            }
        }
        return positions;
    }

    /** Takes the result's tensors over, rather than closing the result: the caches live on. */
    private Step step(OrtSession.Result result, DecoderInput input, int length) {
        List<OnnxTensor> presents = new ArrayList<>();
        try {
            for (CacheNames cache : graph.caches()) {
                presents.add(tensor(result, cache.present()));
            }
            for (OnnxTensor present : presents) {
                long[] shape = present.getInfo().getShape();
                if (shape[0] != input.rows() || shape[2] != length) {
                    throw new Internal(
                            "the graph's caches are " + java.util.Arrays.toString(shape) + " after " + length
                                    + " tokens of " + input.rows() + " rows",
                            null);
                }
            }
            float[] logits = new float[0];
            if (result.size() > presents.size()) {
                try (OnnxTensor tensor = tensor(result, DecoderGraph.LOGITS)) {
                    logits = last(tensor, input);
                }
            }
            return new Step(new OnnxCache(presents, input.rows(), length, null), logits, logits.length / input.rows());
        } catch (Throwable e) {
            // Whatever it is, an OutOfMemoryError too: native memory that is not freed now never is.
            result.close();
            throw e;
        }
    }

    private static OnnxTensor tensor(OrtSession.Result result, String name) {
        OnnxValue value = result.get(name)
                .orElseThrow(() -> new Internal("ONNX Runtime returned no output '" + name + "'", null));
        if (value instanceof OnnxTensor tensor) {
            return tensor;
        }
        throw new Internal("output '" + name + "' is no tensor", null);
    }

    /** The logits of each row's last position: all there is, except where more than one token was read. */
    private static float[] last(OnnxTensor tensor, DecoderInput input) {
        long[] shape = tensor.getInfo().getShape();
        int positions = Math.toIntExact(shape[1]);
        int vocabulary = Math.toIntExact(shape[2]);
        java.nio.FloatBuffer all = tensor.getFloatBuffer();
        float[] logits = new float[input.rows() * vocabulary];
        for (int row = 0; row < input.rows(); row++) {
            all.get((row * positions + positions - 1) * vocabulary, logits, row * vocabulary, vocabulary);
        }
        return logits;
    }

    @Override
    public KvCache gather(List<CacheRow> rows) {
        int length = rows.stream().mapToInt(CacheRow::tokens).max().orElseThrow();
        return allocate(rows.size(), length, (index, target) -> {
            Map<KvCache, ByteBuffer> sources = new HashMap<>();
            for (int row = 0; row < rows.size(); row++) {
                CacheRow from = rows.get(row);
                if (from.tokens() > 0) {
                    ByteBuffer source = sources.computeIfAbsent(
                            from.cache(),
                            cache -> ((OnnxCache) cache).tensors.get(index).getByteBuffer());
                    copy(source, from, target, row, length);
                }
            }
        });
    }

    private void copy(ByteBuffer source, CacheRow from, ByteBuffer target, int row, int length) {
        int position = bytesPerPosition();
        int bytes = from.tokens() * position;
        for (int head = 0; head < graph.heads(); head++) {
            // Both ends are aligned to the right.
            int sourceEnd =
                    ((from.row() * graph.heads() + head) + 1) * from.cache().length() * position;
            int targetEnd = ((row * graph.heads() + head) + 1) * length * position;
            target.put(targetEnd - bytes, source, sourceEnd - bytes, bytes);
        }
    }

    private interface Filler {
        void fill(int index, ByteBuffer target);
    }

    /** A cache in memory of its own, zero where {@code filler} writes nothing. */
    private OnnxCache allocate(int rows, int length, Filler filler) {
        int bytes = Math.toIntExact((long) rows * graph.heads() * length * bytesPerPosition());
        long[] shape = {rows, graph.heads(), length, graph.dim()};
        Arena arena = Arena.ofConfined();
        List<OnnxTensor> tensors = new ArrayList<>();
        try {
            for (int index = 0; index < graph.caches().size(); index++) {
                ByteBuffer data =
                        arena.allocate(Math.max(bytes, 1), 64).asByteBuffer().order(ByteOrder.nativeOrder());
                filler.fill(index, data);
                tensors.add(OnnxTensor.createTensor(environment, data.limit(bytes), shape, cacheType));
            }
            return new OnnxCache(tensors, rows, length, arena);
        } catch (OrtException e) {
            tensors.forEach(OnnxTensor::close);
            arena.close();
            throw new Internal("ONNX Runtime: " + e.getMessage(), e);
        } catch (Throwable e) {
            // Whatever it is, an OutOfMemoryError too, which is what an arena says when there is no more.
            tensors.forEach(OnnxTensor::close);
            arena.close();
            throw e;
        }
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new Internal("ONNX Runtime: " + e.getMessage(), e);
        }
    }

    /** The tensors of all layers, in the order of the graph's caches, and the memory under them where it is ours. */
    private final class OnnxCache implements KvCache {
        private final List<OnnxTensor> tensors;
        private final int rows;
        private final int length;
        private final @Nullable Arena memory;

        private OnnxCache(List<OnnxTensor> tensors, int rows, int length, @Nullable Arena memory) {
            this.tensors = tensors;
            this.rows = rows;
            this.length = length;
            this.memory = memory;
            open.incrementAndGet();
        }

        @Override
        public int rows() {
            return rows;
        }

        @Override
        public int length() {
            return length;
        }

        @Override
        public void close() {
            tensors.forEach(OnnxTensor::close);
            if (memory != null) {
                memory.close();
            }
            open.decrementAndGet();
        }
    }
}
