package dev.weft.bench;

import dev.weft.bench.OpenLoop.Load;
import dev.weft.bench.Report.Table;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What somebody who waits for one answer notices of a client that embeds in bulk. */
@Command(
        name = "priorities",
        mixinStandardHelpOptions = true,
        description = "Interactive requests alone, and beside a client that sends large requests of priority batch.")
final class PrioritiesScenario extends MeshScenario {

    private static final int TEXTS = 1024;
    private static final Duration LEAD_IN = Duration.ofSeconds(2);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final int MAX_OUTSTANDING = 1000;
    private static final int CONNECTIONS = 10;

    @Option(names = "--seconds", defaultValue = "20", description = "of each phase (default: ${DEFAULT-VALUE})")
    private int seconds;

    @Option(
            names = "--rate",
            defaultValue = "50",
            description = "interactive requests per second (default: ${DEFAULT-VALUE})")
    private double perSecond;

    @Option(
            names = "--batch-rows",
            defaultValue = "256",
            description = "texts in each request of the batch client (default: ${DEFAULT-VALUE})")
    private int batchRows;

    @Option(names = "--batch-clients", defaultValue = "1", description = "of them (default: ${DEFAULT-VALUE})")
    private int batchClients;

    @Override
    int measure(Mesh mesh, BundledModel model, Report report) throws Exception {
        List<Requests.Prepared> single = Requests.of(Texts.sentences(model::tokens), 1);
        List<Text> texts = Texts.logUniform(TEXTS, 8, 256, seed(), model::tokens);
        List<Requests.Prepared> large = Requests.of(texts, batchRows).stream()
                .map(request -> Requests.withPriority(request, "batch"))
                .toList();
        try (GrpcTarget interactive = new GrpcTarget(mesh.gateway(), single, CONNECTIONS);
                GrpcTarget batch = new GrpcTarget(mesh.gateway(), large)) {
            warmUp(List.of(interactive, batch), report);
            report.progress("interactive alone");
            OpenLoop.Result alone = load(interactive);
            report.progress("batch alone");
            ClosedLoop.Result batchAlone = bulk(batch);
            report.progress("both");
            Both both = together(interactive, batch);
            noteFailures(report, batch, both.batch());
            print(alone, batchAlone, both, report);
        }
        return 0;
    }

    private record Both(OpenLoop.Result interactive, ClosedLoop.Result batch) {}

    private OpenLoop.Result load(GrpcTarget target) throws InterruptedException {
        Load load = new Load(perSecond, seed(), LEAD_IN, Duration.ofSeconds(seconds), TIMEOUT, MAX_OUTSTANDING);
        return new OpenLoop(OpenLoop.Clock.SYSTEM).run(target, load);
    }

    private ClosedLoop.Result bulk(GrpcTarget target) throws InterruptedException {
        return ClosedLoop.run(target, batchClients, LEAD_IN.plusSeconds(seconds));
    }

    private Both together(GrpcTarget interactive, GrpcTarget batch)
            throws InterruptedException, ExecutionException, TimeoutException {
        try (ExecutorService threads = Executors.newSingleThreadExecutor()) {
            Callable<ClosedLoop.Result> sending = () -> bulk(batch);
            Future<ClosedLoop.Result> sent = threads.submit(sending);
            OpenLoop.Result answered = load(interactive);
            return new Both(answered, sent.get(2, TimeUnit.MINUTES));
        }
    }

    private void print(OpenLoop.Result alone, ClosedLoop.Result batchAlone, Both both, Report report) {
        Table table = new Table(
                "interactive", "phase", "offered", "OK", "not OK", "p50 ms", "p99 ms", "p50 of alone", "p99 of alone");
        addInteractive(table, "alone", alone, alone);
        addInteractive(table, "beside batch", both.interactive(), alone);
        report.add(table);
        report.note(
                "Open loop, %.0f requests/s of one text, Poisson arrivals with seed %d; lag of the generator p99 %.1f ms"
                        + " alone, %.1f ms beside batch.",
                perSecond,
                seed(),
                alone.lag().millisAt(99),
                both.interactive().lag().millisAt(99));
        Table bulk = new Table("batch", "phase", "texts/s", "requests", "failed", "p50 ms", "of alone");
        addBatch(bulk, "alone", batchAlone, batchAlone);
        addBatch(bulk, "beside interactive", both.batch(), batchAlone);
        report.add(bulk);
        report.note("%d clients, %d texts of 8 to 256 tokens per request, back to back.", batchClients, batchRows);
    }

    private static void addInteractive(Table table, String phase, OpenLoop.Result result, OpenLoop.Result alone) {
        long answered = result.count(Outcome.OK);
        double p50 = result.latencies().millisAt(50);
        double p99 = result.latencies().millisAt(99);
        table.row(
                phase,
                result.offered(),
                answered,
                result.offered() - answered,
                p50,
                p99,
                p50 / alone.latencies().millisAt(50),
                p99 / alone.latencies().millisAt(99));
    }

    private static void addBatch(Table table, String phase, ClosedLoop.Result result, ClosedLoop.Result alone) {
        table.row(
                phase,
                result.rowsPerSecond(),
                result.requests(),
                result.failures(),
                result.latencies().millisAt(50),
                result.rowsPerSecond() / alone.rowsPerSecond());
    }
}
