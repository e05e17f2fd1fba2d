package dev.weft.inference.generation;

import dev.weft.inference.backend.DecoderBackend;
import dev.weft.inference.backend.DecoderBackend.DecoderInput;
import dev.weft.inference.backend.DecoderBackend.KvCache;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.error.Failure.Unavailable;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Continues prompts, many at a time, on one thread of its own. Between any two steps sequences join (after their prompt has been
 * read, a bounded piece at a time, so that a long one does not hold up the others for long) and leave (ended, cancelled, expired,
 * failed). A graph whose rows influence each other computes each sequence in steps of its own.
 *
 * <p>Thread-safe. What waits is guarded by {@code lock}; what runs is touched by the engine's thread alone, which also makes and closes
 * all caches. Closing ends the thread; the backend is the caller's.
 */
public final class GenerationEngine {

    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final String model;
    private final DecoderBackend backend;
    private final Function<long[], String> decoder;
    private final Set<Integer> endTokens;
    private final Limits limits;
    private final GenerationObserver observer;
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Deque<Sequence> waiting = new ArrayDeque<>();
    private boolean closed;

    /** Sequences whose prompts are being read, first come first; the engine's thread only. */
    private final Deque<Prefill> prefills = new ArrayDeque<>();

    /** Sequences whose answers are being written: at most one batch where rows are independent; the engine's thread only. */
    private final List<DecodeBatch> batches = new ArrayList<>();

    private volatile int running;

    /**
     * What an engine may use.
     *
     * @param sequences computed at a time
     * @param cacheTokens positions of all caches together, padding counted, that running sequences may come to need
     * @param waiting sequences that wait to be computed; one more is refused
     * @param prefillTokens of prompts that are read between two steps of the others
     */
    public record Limits(int sequences, int cacheTokens, int waiting, int prefillTokens) {}

    private record Prefill(Sequence sequence, KvCache cache) {}

    /**
     * Starts the thread.
     *
     * @param model for messages and the thread's name
     * @param decoder the text of tokens
     * @param endTokens end an answer
     */
    public GenerationEngine(
            String model,
            DecoderBackend backend,
            Function<long[], String> decoder,
            Set<Integer> endTokens,
            Limits limits,
            GenerationObserver observer) {
        this.model = model;
        this.backend = backend;
        this.decoder = decoder;
        this.endTokens = Set.copyOf(endTokens);
        this.limits = limits;
        this.observer = observer;
        this.thread = Thread.ofPlatform().daemon().name("generate-" + model).start(this::run);
    }

    /** How many sequences wait. */
    public int waiting() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    /** How many sequences are computed. */
    public int running() {
        return running;
    }

    /**
     * Refuses a request before anybody prepares it, when it would be refused afterwards.
     *
     * @throws ResourceExhausted when too many wait already
     */
    void refuseWhenFull() {
        lock.lock();
        try {
            requireRoom();
        } finally {
            lock.unlock();
        }
    }

    private void requireRoom() {
        waiting.removeIf(Sequence::isOver);
        if (waiting.size() >= limits.waiting()) {
            throw new ResourceExhausted(
                    "queue of model '" + model + "': " + waiting.size() + " sequences waiting (expected: room)",
                    RETRY_AFTER);
        }
    }

    /**
     * Takes a request; returns at once.
     *
     * @return the answer; the caller closes it
     * @throws ResourceExhausted when too many wait already
     * @throws DeadlineExceeded when the deadline has passed
     * @throws Unavailable when the engine is closed
     */
    public Generation submit(GenerationRequest request) {
        if (request.reservation() > limits.cacheTokens()) {
            throw new IllegalArgumentException(request.reservation() + " tokens (expected: at most "
                    + limits.cacheTokens() + ", which the caller checks)");
        }
        if (request.deadline().isExpired()) {
            throw new DeadlineExceeded("deadline passed before model '" + model + "' was asked");
        }
        Sequence sequence = new Sequence(request, endTokens, decoder);
        lock.lock();
        try {
            if (closed) {
                throw new Unavailable("model '" + model + "' is being unloaded");
            }
            requireRoom();
            waiting.add(sequence);
            work.signal();
        } finally {
            lock.unlock();
        }
        return sequence;
    }

    /**
     * Takes no more requests, fails those that are not finished, and ends the thread.
     *
     * @return false when a step is still computing after {@code patience}; the backend must not be closed then
     */
    public boolean close(Duration patience) {
        lock.lock();
        try {
            closed = true;
            work.signal();
        } finally {
            lock.unlock();
        }
        try {
            return thread.join(patience);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return !thread.isAlive();
        }
    }

    private void run() {
        while (awaitWork()) {
            try {
                dropExpired();
                admit();
                prefill();
                decode();
            } catch (Throwable e) {
                // Whatever it is, an OutOfMemoryError too: callers must not wait for an answer that never comes.
                abandonAll(e);
            }
        }
        abandonAll(new Unavailable("model '" + model + "' is being unloaded"));
    }

    /** Waits until there is something to do; false once the engine is closed. */
    private boolean awaitWork() {
        lock.lock();
        try {
            running = prefills.size()
                    + batches.stream()
                            .mapToInt(batch -> batch.sequences().size())
                            .sum();
            while (!closed && running == 0 && waiting.isEmpty()) {
                work.awaitUninterruptibly();
            }
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    private Stream<Sequence> active() {
        return Stream.concat(
                        prefills.stream().map(Prefill::sequence),
                        batches.stream().flatMap(batch -> batch.sequences().stream()))
                .filter(sequence -> !sequence.isOver());
    }

    /** Callers that are gone have marked their sequences; expired ones are found here. Frees what is over. */
    private void dropExpired() {
        active().toList().forEach(this::failIfExpired);
        for (Iterator<Prefill> all = prefills.iterator(); all.hasNext(); ) {
            Prefill prefill = all.next();
            if (prefill.sequence().isOver()) {
                all.remove();
                prefill.cache().close();
            }
        }
        lock.lock();
        try {
            waiting.forEach(this::failIfExpired);
            waiting.removeIf(Sequence::isOver);
        } finally {
            lock.unlock();
        }
    }

    private void failIfExpired(Sequence sequence) {
        if (sequence.request().deadline().isExpired()) {
            sequence.fail(new DeadlineExceeded("deadline passed after " + sequence.completionTokens()
                    + " tokens of the answer of model '" + model + "'"));
        }
    }

    /** Lets those in that have waited longest, as long as there is room for all that they may come to need. */
    private void admit() {
        List<Sequence> current = new ArrayList<>(active().toList());
        while (current.size() < limits.sequences()) {
            Sequence next;
            lock.lock();
            try {
                next = waiting.peek();
                if (next == null || !hasRoom(current, next)) {
                    return;
                }
                waiting.remove();
            } finally {
                lock.unlock();
            }
            observer.admitted(Duration.ofNanos(System.nanoTime() - next.arrival()));
            try {
                prefills.add(new Prefill(next, backend.emptyCache()));
            } catch (Throwable e) {
                next.fail(e);
                throw e;
            }
            current.add(next);
        }
    }

    /** Rows of one batch are as long as its longest. */
    private boolean hasRoom(List<Sequence> current, Sequence next) {
        List<Integer> reserved = Stream.concat(current.stream(), Stream.of(next))
                .map(sequence -> sequence.request().reservation())
                .toList();
        long needed = backend.rowsAreIndependent()
                ? (long) reserved.size()
                        * reserved.stream().mapToInt(Integer::intValue).max().orElse(0)
                : reserved.stream().mapToLong(Integer::longValue).sum();
        return current.isEmpty() || needed <= limits.cacheTokens();
    }

    /** Reads prompts up to their last token, which the first step reads: logits of a whole prompt may be gigabytes. */
    private void prefill() {
        int budget = limits.prefillTokens();
        while (budget > 0 && !prefills.isEmpty()) {
            Prefill prefill = prefills.remove();
            Sequence sequence = prefill.sequence();
            long[] prompt = sequence.request().prompt();
            int piece = backend.readsInPieces() ? budget : prompt.length;
            int end = Math.min(prompt.length - 1, sequence.cached() + piece);
            int read = end - sequence.cached();
            KvCache cache = prefill.cache();
            if (read > 0) {
                try {
                    long[] tokens = Arrays.copyOfRange(prompt, sequence.cached(), end);
                    cache = backend.prefill(new DecoderInput(tokens, new int[1]), prefill.cache());
                    sequence.read(read);
                } catch (Throwable e) {
                    // Whatever it is: the sequence is in no list at this moment, so nobody else would tell its caller.
                    sequence.fail(e);
                    continue;
                } finally {
                    prefill.cache().close();
                }
            }
            budget -= Math.max(read, 1);
            if (end == prompt.length - 1) {
                batches.add(new DecodeBatch(backend, List.of(sequence), cache));
            } else {
                prefills.addFirst(new Prefill(sequence, cache));
            }
        }
    }

    private void decode() {
        regroup();
        for (DecodeBatch batch : List.copyOf(batches)) {
            long start = System.nanoTime();
            try {
                batch.step();
            } catch (RuntimeException e) {
                stepApart(batch, e);
            }
            observe(batch.sequences(), start);
        }
    }

    /** Brings the batches into the form of the next step; nothing is copied when nobody joined or left. */
    private void regroup() {
        List<DecodeBatch> before = List.copyOf(batches);
        if (!backend.rowsAreIndependent()) {
            before.stream().filter(DecodeBatch::isOver).forEach(this::remove);
            return;
        }
        if (before.size() == 1 && !before.getFirst().hasEnded()) {
            return;
        }
        Optional<DecodeBatch> merged = DecodeBatch.merge(backend, before);
        before.forEach(this::remove);
        merged.ifPresent(batches::add);
    }

    private void remove(DecodeBatch batch) {
        batches.remove(batch);
        batch.close();
    }

    /** A step of several sequences failed, and nobody knows by whose fault: each is tried alone, and only those that fail again fail. */
    private void stepApart(DecodeBatch batch, RuntimeException failure) {
        if (batch.sequences().size() == 1) {
            batch.sequences().getFirst().fail(failure);
            return;
        }
        List<DecodeBatch> singles = batch.split();
        remove(batch);
        batches.addAll(singles);
        for (DecodeBatch single : singles) {
            try {
                single.step();
            } catch (RuntimeException e) {
                single.sequences().getFirst().fail(e);
            }
        }
    }

    private void observe(List<Sequence> sequences, long start) {
        observer.stepped(sequences.size(), Duration.ofNanos(System.nanoTime() - start));
        for (Sequence sequence : sequences) {
            if (sequence.completionTokens() == 1) {
                observer.firstToken(Duration.ofNanos(System.nanoTime() - sequence.arrival()));
            }
            if (sequence.isAnswered()) {
                observer.finished(sequence.request().prompt().length, sequence.completionTokens());
            }
        }
    }

    private void abandonAll(Throwable reason) {
        active().toList().forEach(sequence -> sequence.fail(reason));
        prefills.forEach(prefill -> prefill.cache().close());
        prefills.clear();
        List.copyOf(batches).forEach(this::remove);
        lock.lock();
        try {
            if (closed) {
                waiting.forEach(sequence -> sequence.fail(reason));
                waiting.clear();
            }
        } finally {
            lock.unlock();
        }
    }
}
