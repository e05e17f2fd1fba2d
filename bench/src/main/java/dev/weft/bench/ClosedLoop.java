package dev.weft.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** So many clients, each of which sends its next request when it has the answer to the last. */
final class ClosedLoop {

    private ClosedLoop() {}

    /**
     * What the clients have seen.
     *
     * @param requests answered
     * @param rows in those
     * @param tokens in those
     * @param failures requests without an answer; their time is in no latency
     * @param failure what one of them said, empty when there is none
     * @param seconds from the first request to the last answer
     */
    record Result(
            long requests, long rows, long tokens, long failures, String failure, double seconds, Latencies latencies) {

        static final Result NONE = new Result(0, 0, 0, 0, "", 0, new Latencies());

        double requestsPerSecond() {
            return requests / seconds;
        }

        double rowsPerSecond() {
            return rows / seconds;
        }

        double tokensPerSecond() {
            return tokens / seconds;
        }

        /** Both measurements as if they were one. */
        Result plus(Result other) {
            Latencies both = new Latencies();
            both.add(latencies);
            both.add(other.latencies);
            return new Result(
                    requests + other.requests,
                    rows + other.rows,
                    tokens + other.tokens,
                    failures + other.failures,
                    failure.isEmpty() ? other.failure : failure,
                    seconds + other.seconds,
                    both);
        }
    }

    /**
     * How a measurement is cut into short ones.
     *
     * @param count how many
     * @param length of one
     * @param leadIn load before each that does not count: it wakes connections and caches
     */
    record Rounds(int count, Duration length, Duration leadIn) {

        /** So many rounds that take so long together. */
        static Rounds of(int count, int seconds) {
            return new Rounds(count, Duration.ofSeconds(seconds).dividedBy(count), Duration.ofMillis(250));
        }
    }

    /**
     * Measures all targets in turn, round after round, each round beginning with another target, and merges each target's rounds:
     * so heat, compilers and neighbours favour nobody.
     *
     * @return one result per target, in their order
     */
    static List<Result> interleaved(List<? extends Target> targets, int clients, Rounds rounds)
            throws InterruptedException {
        List<Result> results =
                new ArrayList<>(targets.stream().map(_ -> Result.NONE).toList());
        // Numbers go on from round to round: otherwise short rounds would use the first texts only.
        List<AtomicInteger> numbers =
                targets.stream().map(_ -> new AtomicInteger()).toList();
        for (int round = 0; round < rounds.count(); round++) {
            for (int i = 0; i < targets.size(); i++) {
                int turn = (round + i) % targets.size();
                Target target = targets.get(turn);
                run(target, clients, rounds.leadIn(), numbers.get(turn));
                Result result = run(target, clients, rounds.length(), numbers.get(turn));
                results.set(turn, results.get(turn).plus(result));
            }
        }
        return results;
    }

    /** One measurement; each client sends at least one request. */
    static Result run(Target target, int clients, Duration length) throws InterruptedException {
        return run(target, clients, length, new AtomicInteger());
    }

    private static Result run(Target target, int clients, Duration length, AtomicInteger numbers)
            throws InterruptedException {
        int threads = target.threads(clients);
        Tally tally = new Tally();
        long start = System.nanoTime();
        long end = start + length.toNanos();
        List<Callable<Void>> loops = new ArrayList<>();
        for (int client = 0; client < threads; client++) {
            loops.add(() -> {
                do {
                    tally.call(target, numbers.getAndIncrement());
                } while (System.nanoTime() < end);
                return null;
            });
        }
        try (ExecutorService clientThreads = Executors.newFixedThreadPool(threads)) {
            for (Future<Void> loop : clientThreads.invokeAll(loops)) {
                loop.get(1, TimeUnit.MINUTES);
            }
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("a client of " + target.label() + " has died", e);
        }
        return tally.result((System.nanoTime() - start) / 1e9);
    }

    /** What the clients of one measurement count together. Thread-safe. */
    private static final class Tally {
        private final Latencies latencies = new Latencies();
        private final LongAdder rows = new LongAdder();
        private final LongAdder tokens = new LongAdder();
        private final LongAdder failures = new LongAdder();
        private volatile String failure = "";

        void call(Target target, int number) throws InterruptedException {
            long before = System.nanoTime();
            try {
                int computed = target.call(number);
                latencies.record(System.nanoTime() - before);
                tokens.add(computed);
                rows.add(target.rows());
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                failures.increment();
                failure = e.toString();
            }
        }

        Result result(double seconds) {
            return new Result(latencies.count(), rows.sum(), tokens.sum(), failures.sum(), failure, seconds, latencies);
        }
    }
}
