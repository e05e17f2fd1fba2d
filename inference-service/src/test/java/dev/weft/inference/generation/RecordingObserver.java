package dev.weft.inference.generation;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts what an engine tells. */
final class RecordingObserver implements GenerationObserver {

    final AtomicInteger admitted = new AtomicInteger();
    final AtomicInteger firstTokens = new AtomicInteger();
    final AtomicInteger finished = new AtomicInteger();
    final AtomicInteger tokens = new AtomicInteger();
    final AtomicInteger largestStep = new AtomicInteger();

    @Override
    public void admitted(Duration waited) {
        admitted.incrementAndGet();
    }

    @Override
    public void firstToken(Duration sinceArrival) {
        firstTokens.incrementAndGet();
    }

    @Override
    public void stepped(int sequences, Duration computed) {
        largestStep.accumulateAndGet(sequences, Math::max);
    }

    @Override
    public void finished(int promptTokens, int completionTokens) {
        tokens.addAndGet(completionTokens);
        finished.incrementAndGet();
    }
}
