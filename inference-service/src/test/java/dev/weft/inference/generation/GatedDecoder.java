package dev.weft.inference.generation;

import dev.weft.inference.backend.DecoderBackend;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/** A decoder whose steps a test can hold up, one by one, and count. Everything else is the real one's. */
final class GatedDecoder implements DecoderBackend {

    private static final int OPEN = 1_000_000;

    final AtomicInteger gathers = new AtomicInteger();
    final AtomicInteger prefills = new AtomicInteger();
    final AtomicInteger arrivals = new AtomicInteger();
    volatile boolean dependentRows;

    private final DecoderBackend decoder;
    private final Semaphore steps = new Semaphore(OPEN);

    GatedDecoder(DecoderBackend decoder) {
        this.decoder = decoder;
    }

    /** Holds up every step from now on. */
    void shut() {
        steps.drainPermits();
    }

    /** Lets that many steps through. */
    void let(int count) {
        steps.release(count);
    }

    /** Holds up nothing any more. */
    void open() {
        steps.release(OPEN);
    }

    @Override
    public boolean rowsAreIndependent() {
        return !dependentRows && decoder.rowsAreIndependent();
    }

    @Override
    public boolean readsInPieces() {
        return decoder.readsInPieces();
    }

    @Override
    public long cacheBytesPerToken() {
        return decoder.cacheBytesPerToken();
    }

    @Override
    public KvCache emptyCache() {
        return decoder.emptyCache();
    }

    @Override
    public KvCache prefill(DecoderInput input, KvCache past) {
        prefills.incrementAndGet();
        return decoder.prefill(input, past);
    }

    @Override
    public Step decode(DecoderInput input, KvCache past) {
        arrivals.incrementAndGet();
        steps.acquireUninterruptibly();
        return decoder.decode(input, past);
    }

    @Override
    public KvCache gather(List<CacheRow> rows) {
        gathers.incrementAndGet();
        return decoder.gather(rows);
    }

    @Override
    public int openCaches() {
        return decoder.openCaches();
    }

    @Override
    public void close() {
        decoder.close();
    }
}
