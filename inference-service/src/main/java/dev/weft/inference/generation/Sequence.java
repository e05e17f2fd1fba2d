package dev.weft.inference.generation;

import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.GrpcFailures;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One sequence, between two threads. The engine's thread chooses tokens and writes text; the caller's reads it. What both touch is
 * guarded by {@code lock}; the text that waits is bounded by the request's token limit. A caller that reads slowly holds up nobody: it
 * gets larger pieces.
 */
final class Sequence implements Generation {

    private final GenerationRequest request;
    private final Set<Integer> endTokens;
    private final Sampler sampler;
    private final Detokenizer detokenizer;
    private final StopStrings stops;
    private final long arrival = System.nanoTime();

    /** Tokens of the prompt that have been read, and then of the answer; the engine's thread only. */
    private int cached;

    private long nextToken;
    private int completionTokens;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final StringBuilder text = new StringBuilder();
    private @Nullable End end;
    private @Nullable RuntimeException failure;
    private boolean cancelled;

    Sequence(GenerationRequest request, Set<Integer> endTokens, Function<long[], String> decoder) {
        this.request = request;
        this.endTokens = endTokens;
        this.sampler = new Sampler(request.sampling(), request.prompt());
        this.detokenizer = new Detokenizer(decoder, request.prompt());
        this.stops = new StopStrings(request.stop());
        this.nextToken = request.prompt()[request.prompt().length - 1];
    }

    GenerationRequest request() {
        return request;
    }

    long arrival() {
        return arrival;
    }

    /** Tokens that the cache remembers. */
    int cached() {
        return cached;
    }

    void read(int tokens) {
        cached += tokens;
    }

    /** What the next step reads. */
    long nextToken() {
        return nextToken;
    }

    int completionTokens() {
        return completionTokens;
    }

    /** Chooses a token and writes what is certain of its text; ends the sequence when that was its last. */
    void accept(float[] logits) {
        int token = sampler.next(logits);
        completionTokens++;
        if (endTokens.contains(token)) {
            write(stops.append(detokenizer.finish()) + stops.finish(), FinishReason.STOP);
            return;
        }
        String certain = stops.append(detokenizer.append(token));
        if (stops.isStopped()) {
            write(certain, FinishReason.STOP);
        } else if (completionTokens == request.maxTokens()) {
            String last = certain + stops.append(detokenizer.finish());
            write(last + stops.finish(), stops.isStopped() ? FinishReason.STOP : FinishReason.LENGTH);
        } else {
            nextToken = token;
            write(certain, null);
        }
    }

    private void write(String certain, @Nullable FinishReason reason) {
        lock.lock();
        try {
            text.append(certain);
            if (reason != null) {
                end = new End(reason, request.prompt().length, completionTokens);
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the sequence without an answer; nothing happens when it has ended already. */
    void fail(Throwable thrown) {
        lock.lock();
        try {
            if (end == null && failure == null) {
                failure = GrpcFailures.toFailure(thrown);
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** True when it needs no further step. */
    boolean isOver() {
        lock.lock();
        try {
            return end != null || failure != null || cancelled;
        } finally {
            lock.unlock();
        }
    }

    /** True when it ended with an answer. */
    boolean isAnswered() {
        lock.lock();
        try {
            return end != null;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Piece next() {
        try {
            lock.lockInterruptibly();
            try {
                while (text.isEmpty() && end == null && failure == null) {
                    long left = request.deadline().remaining().toNanos();
                    if (left <= 0) {
                        throw new DeadlineExceeded("deadline passed before the answer was finished");
                    }
                    changed.await(left, TimeUnit.NANOSECONDS);
                }
                if (failure != null && text.isEmpty()) {
                    throw failure;
                }
                Piece piece = new Piece(text.toString(), Optional.ofNullable(end));
                text.setLength(0);
                return piece;
            } finally {
                lock.unlock();
            }
        } catch (InterruptedException _) {
            close();
            throw new Cancelled("the client went away");
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            cancelled = true;
        } finally {
            lock.unlock();
        }
    }
}
