package dev.weft.bench;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Sends requests when they are due, whether or not the earlier ones are answered: as many users do, who do not know of each other.
 * A latency counts from the instant at which its request was due, so that a generator or server that stalls cannot hide what the
 * stall has cost (no coordinated omission).
 */
final class OpenLoop {

    /** How late most requests may be sent before the load is no longer the one that was asked for. */
    static final double TOLERABLE_LAG_MILLIS = 10;

    private final Clock clock;

    OpenLoop(Clock clock) {
        this.clock = clock;
    }

    /** Sends a request without waiting for its answer. */
    interface Sender {
        /** Sends the request of that number; {@code done} is called once, on any thread, at the latest after the timeout. */
        void send(int number, Duration timeout, Consumer<Outcome> done);
    }

    /** Time, so that tests can make it. */
    interface Clock {
        long nanoTime();

        /** Returns at that time or soon after. */
        void sleepUntil(long nanoTime);

        Clock SYSTEM = new Clock() {
            @Override
            public long nanoTime() {
                return System.nanoTime();
            }

            @Override
            public void sleepUntil(long nanoTime) {
                for (long left; (left = nanoTime - System.nanoTime()) > 0; ) {
                    LockSupport.parkNanos(left);
                }
            }
        };
    }

    /**
     * What is sent.
     *
     * @param perSecond arrivals, on average
     * @param seed of the arrivals
     * @param leadIn arrivals of so long come first and do not count
     * @param length for how long requests then arrive that count
     * @param timeout of a request, from the instant at which it was due
     * @param maxOutstanding requests that may be under way; one more is not sent, and counted as unsent
     */
    record Load(double perSecond, long seed, Duration leadIn, Duration length, Duration timeout, int maxOutstanding) {}

    /**
     * What came of it.
     *
     * @param offered requests that were due
     * @param outcomes of those that were sent
     * @param unsent requests that were due while too many were under way
     * @param goodputPerSecond answers within the measured time, whenever their requests were due
     * @param latencies of the answered
     * @param lag how late requests were sent
     */
    record Result(
            long offered,
            Map<Outcome, Long> outcomes,
            long unsent,
            double goodputPerSecond,
            Latencies latencies,
            Latencies lag) {

        long count(Outcome outcome) {
            return outcomes.getOrDefault(outcome, 0L);
        }

        /** True when the generator, not the server, decided how much was sent. */
        boolean isGeneratorBehind() {
            return unsent > 0 || lag.millisAt(99) > TOLERABLE_LAG_MILLIS;
        }
    }

    /** Sends on this thread, then waits until every request has ended. */
    Result run(Sender sender, Load load) throws InterruptedException {
        PoissonArrivals arrivals = new PoissonArrivals(load.perSecond(), load.seed());
        Tally tally = new Tally(load);
        long start = clock.nanoTime();
        tally.measureFrom(start + load.leadIn().toNanos());
        long end = load.leadIn().plus(load.length()).toNanos();
        int number = 0;
        for (long offset = arrivals.next(); offset < end; offset = arrivals.next()) {
            clock.sleepUntil(start + offset);
            tally.send(sender, number++, start + offset);
        }
        tally.awaitAll();
        return tally.result();
    }

    /** The books of one run. The generator's thread sends; answers are entered by whichever thread brings them. */
    private final class Tally {
        private final Load load;
        private final Semaphore room;
        private final Latencies latencies = new Latencies();
        private final Latencies lag = new Latencies();
        private final Map<Outcome, LongAdder> outcomes = new ConcurrentHashMap<>();
        private final LongAdder goodAnswers = new LongAdder();
        private long offered;
        private long unsent;
        private long from;

        private Tally(Load load) {
            this.load = load;
            this.room = new Semaphore(load.maxOutstanding());
        }

        private void measureFrom(long nanoTime) {
            from = nanoTime;
        }

        private void send(Sender sender, int number, long due) {
            boolean counts = due >= from;
            long late = Math.max(0, clock.nanoTime() - due);
            if (counts) {
                offered++;
                lag.record(late);
            }
            if (!room.tryAcquire()) {
                unsent += counts ? 1 : 0;
                return;
            }
            // A request that is sent after its deadline would still have been one for the server to refuse.
            Duration timeout = load.timeout().minusNanos(late);
            sender.send(number, timeout.isPositive() ? timeout : Duration.ofNanos(1), outcome -> {
                enter(outcome, due, counts);
                room.release();
            });
        }

        private void enter(Outcome outcome, long due, boolean counts) {
            long now = clock.nanoTime();
            if (counts) {
                outcomes.computeIfAbsent(outcome, _ -> new LongAdder()).increment();
            }
            if (outcome == Outcome.OK) {
                if (counts) {
                    latencies.record(now - due);
                }
                if (now >= from && now < from + load.length().toNanos()) {
                    goodAnswers.increment();
                }
            }
        }

        private void awaitAll() throws InterruptedException {
            long patienceMillis = load.timeout().toMillis() + 10_000;
            if (!room.tryAcquire(load.maxOutstanding(), patienceMillis, TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException((load.maxOutstanding() - room.availablePermits())
                        + " requests have not ended " + patienceMillis + " ms after the last was sent");
            }
        }

        private Result result() {
            Map<Outcome, Long> counts = new EnumMap<>(Outcome.class);
            outcomes.forEach((outcome, count) -> counts.put(outcome, count.sum()));
            double seconds = load.length().toNanos() / 1e9;
            return new Result(offered, counts, unsent, goodAnswers.sum() / seconds, latencies, lag);
        }
    }
}
