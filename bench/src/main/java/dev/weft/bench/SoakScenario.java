package dev.weft.bench;

import dev.weft.bench.Report.Table;
import dev.weft.bench.SoakClient.Kind;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Whether the mesh stays right and keeps its memory over very many requests of all kinds. */
@Command(
        name = "soak",
        mixinStandardHelpOptions = true,
        description = {
            "Very many requests of all kinds, while a second model is loaded, replaced and unloaded.",
            "Exit status 1 when a request fails that must not, or when a service's memory grows by more than 5 %."
        })
final class SoakScenario extends MeshScenario {

    static final double TOLERABLE_GROWTH = 1.05;

    /** This share of the requests is warm-up; memory is compared with what it was then. */
    private static final int WARM_UP_SHARE = 10;

    private static final Duration SAMPLE_INTERVAL = Duration.ofMinutes(1);
    private static final int MESSAGES = 10;
    private static final Metadata.Key<String> RETRY_AFTER =
            Metadata.Key.of("retry-after-ms", Metadata.ASCII_STRING_MARSHALLER);

    @Option(names = "--requests", defaultValue = "1000000", description = "at least (default: ${DEFAULT-VALUE})")
    private long requests;

    @Option(names = "--clients", defaultValue = "8", description = "default: ${DEFAULT-VALUE}")
    private int clients;

    @Option(
            names = "--pause-ms",
            defaultValue = "2000",
            description = "between loading, replacing and unloading the second model (default: ${DEFAULT-VALUE})")
    private int pauseMillis;

    /** Memory at one moment, in MB. The second model is not loaded then. */
    record Sample(double minutes, long requests, double gateway, double inference) {}

    @Override
    int measure(Mesh mesh, BundledModel model, Report report) throws Exception {
        SoakTraffic traffic = SoakTraffic.of(model, seed());
        List<Requests.Prepared> single = traffic.single();
        try (GrpcTarget inference = new GrpcTarget(mesh.inference(), single);
                GrpcTarget gateway = new GrpcTarget(mesh.gateway(), single)) {
            warmUp(List.of(inference, gateway), report);
        }
        Tally tally = new Tally();
        List<Sample> samples;
        long start = System.nanoTime();
        try (SecondModel second = SecondModel.place(mesh, Mesh.bundledModel(root()));
                ExecutorService threads = Executors.newFixedThreadPool(clients)) {
            for (int client = 0; client < clients; client++) {
                SoakClient own = new SoakClient(mesh, traffic, second, seed() + client);
                threads.execute(() -> tally.count(own));
            }
            try {
                samples = sampleUntilDone(mesh, second, tally, start, report);
            } finally {
                tally.stop.countDown();
            }
        }
        return print(samples, tally, (System.nanoTime() - start) / 1e9, report);
    }

    /** Lets the second model come and go until all requests are sent; memory is read while it is gone. */
    private List<Sample> sampleUntilDone(Mesh mesh, SecondModel second, Tally tally, long start, Report report)
            throws InterruptedException, IOException {
        List<Sample> samples = new ArrayList<>();
        long nextSample = 0;
        while (true) {
            tally.expectSuccess("load", second::load);
            pause(tally);
            tally.expectSuccess("replace", second::replace);
            pause(tally);
            tally.expectSuccess("unload", second::unload);
            long done = tally.requests.sum();
            long now = System.nanoTime();
            boolean last = done >= requests && !samples.isEmpty();
            if (last || (done >= requests / WARM_UP_SHARE && (samples.isEmpty() || now >= nextSample))) {
                Sample sample = new Sample(
                        (now - start) / 60e9,
                        done,
                        MeshFacts.residentMegabytes(mesh.pid(Mesh.GATEWAY)),
                        MeshFacts.residentMegabytes(mesh.pid(Mesh.INFERENCE)));
                samples.add(sample);
                nextSample = now + SAMPLE_INTERVAL.toNanos();
                report.progress(
                        "%d requests, %d unexpected failures, gateway %.0f MB, inference-service %.0f MB",
                        done, tally.failures.sum(), sample.gateway(), sample.inference());
            }
            if (last) {
                return samples;
            }
            pause(tally);
        }
    }

    private void pause(Tally tally) throws InterruptedException {
        if (tally.stop.await(pauseMillis, TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException("the clients have been stopped");
        }
    }

    private int print(List<Sample> samples, Tally tally, double seconds, Report report) {
        Table memory = new Table("resident memory", "after minutes", "requests", "gateway MB", "inference-service MB");
        samples.forEach(
                sample -> memory.row(sample.minutes(), sample.requests(), sample.gateway(), sample.inference()));
        report.add(memory);
        double gateway = samples.getLast().gateway() / samples.getFirst().gateway();
        double inference = samples.getLast().inference() / samples.getFirst().inference();
        Table kinds = new Table("kinds", "kind", "requests");
        for (Kind kind : Kind.values()) {
            kinds.row(kind, tally.byKind.getOrDefault(kind, new LongAdder()).sum());
        }
        report.add(kinds);
        Table soak = new Table(
                "soak", "requests", "requests/s", "unexpected failures", "gateway growth", "inference-service growth");
        long done = tally.requests.sum();
        soak.row(done, done / seconds, tally.failures.sum(), gateway, inference);
        report.add(soak);
        report.note(
                "%d clients, seed %d; growth is memory at the end over memory after a tenth of the requests; at most"
                        + " %.2f passes.",
                clients, seed(), TOLERABLE_GROWTH);
        report.note("%d requests were refused with a hint when to come again.", tally.refused.sum());
        tally.messages.forEach(message -> report.note("unexpected: %s", message));
        return status(tally.failures.sum(), gateway, inference);
    }

    /** The verdict: 0 when nothing failed and nothing grew. */
    static int status(long failures, double gatewayGrowth, double inferenceGrowth) {
        boolean grew = !(gatewayGrowth <= TOLERABLE_GROWTH) || !(inferenceGrowth <= TOLERABLE_GROWTH);
        return failures > 0 || grew ? 1 : 0;
    }

    /** What the clients count together. Thread-safe. */
    private static final class Tally {
        private final LongAdder requests = new LongAdder();
        private final LongAdder failures = new LongAdder();
        private final LongAdder refused = new LongAdder();
        private final Map<Kind, LongAdder> byKind = new ConcurrentHashMap<>();
        private final Queue<String> messages = new ConcurrentLinkedQueue<>();
        private final CountDownLatch stop = new CountDownLatch(1);

        /** Has the client send until all are stopped, and closes it. */
        private void count(SoakClient client) {
            try (client) {
                while (stop.getCount() > 0) {
                    Kind kind = client.nextKind();
                    try {
                        client.send(kind);
                    } catch (Throwable e) {
                        // An error too: a client that dies would leave the rest waiting for its requests.
                        refuseOrFail(kind, e);
                    }
                    requests.increment();
                    byKind.computeIfAbsent(kind, _ -> new LongAdder()).increment();
                }
            }
        }

        /** A refusal that says when to come again is an answer: cold services take less than warm ones. */
        private void refuseOrFail(Kind kind, Throwable e) {
            Throwable cause = e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
            boolean refusal = cause instanceof HttpConnection.Refused
                    || (cause instanceof StatusRuntimeException status
                            && status.getStatus().getCode() == Status.Code.RESOURCE_EXHAUSTED
                            && status.getTrailers() != null
                            && status.getTrailers().containsKey(RETRY_AFTER));
            if (refusal) {
                refused.increment();
            } else {
                fail(kind.toString(), e);
            }
        }

        private void expectSuccess(String what, Runnable work) {
            try {
                work.run();
            } catch (RuntimeException e) {
                fail(what, e);
            }
        }

        private void fail(String what, Throwable e) {
            failures.increment();
            if (messages.size() < MESSAGES) {
                messages.add(what + ": " + e);
            }
        }
    }
}
