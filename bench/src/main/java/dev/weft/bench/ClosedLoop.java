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
import org.HdrHistogram.Histogram;

/** So many clients, each of which sends its next request when it has the answer to the last. */
final class ClosedLoop {

    private ClosedLoop() {}

    /**
     * One measurement.
     *
     * @param requestsPerSecond answered
     * @param p50Micros median latency
     * @param p99Micros latency that one of a hundred requests exceeds
     */
    record Result(String target, int concurrency, double requestsPerSecond, double p50Micros, double p99Micros) {}

    static Result measure(Target target, int concurrency, Duration warmUp, Duration length)
            throws InterruptedException, ExecutionException, TimeoutException {
        try (ExecutorService clients = Executors.newFixedThreadPool(concurrency)) {
            run(clients, target, concurrency, warmUp);
            long start = System.nanoTime();
            Histogram latencies = run(clients, target, concurrency, length);
            double seconds = (System.nanoTime() - start) / 1e9;
            return new Result(
                    target.label(),
                    concurrency,
                    latencies.getTotalCount() / seconds,
                    latencies.getValueAtPercentile(50) / 1e3,
                    latencies.getValueAtPercentile(99) / 1e3);
        }
    }

    private static Histogram run(ExecutorService clients, Target target, int concurrency, Duration length)
            throws InterruptedException, ExecutionException, TimeoutException {
        long end = System.nanoTime() + length.toNanos();
        List<Callable<Histogram>> loops = new ArrayList<>();
        for (int client = 0; client < concurrency; client++) {
            int first = client;
            loops.add(() -> {
                Histogram latencies = new Histogram(TimeUnit.MINUTES.toNanos(1), 3);
                long before = System.nanoTime();
                for (int i = first; before < end; i++) {
                    target.embed(i);
                    long after = System.nanoTime();
                    latencies.recordValue(after - before);
                    before = after;
                }
                return latencies;
            });
        }
        Histogram all = new Histogram(TimeUnit.MINUTES.toNanos(1), 3);
        for (Future<Histogram> loop : clients.invokeAll(loops)) {
            all.add(loop.get(1, TimeUnit.MINUTES));
        }
        return all;
    }
}
