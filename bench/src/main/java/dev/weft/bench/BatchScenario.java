package dev.weft.bench;

import dev.weft.bench.OpenLoop.Load;
import dev.weft.bench.Report.Table;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What a batch reaches beside computing its texts directly, what it takes, and what somebody who waits for one answer notices of it. */
@Command(
        name = "batch",
        mixinStandardHelpOptions = true,
        description =
                "Files of texts of 8 to 256 tokens, log-uniform, embedded in the background by embedding-service.")
final class BatchScenario extends MeshScenario {

    private static final int TEXTS = 512;
    private static final Duration LEAD_IN = Duration.ofSeconds(2);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final int MAX_OUTSTANDING = 1000;
    private static final int CONNECTIONS = 10;

    @Option(
            names = "--rows",
            split = ",",
            defaultValue = "2000,20000",
            description = "of the batches, one after the other (default: ${DEFAULT-VALUE})")
    private List<Integer> rows = List.of();

    @Option(names = "--seconds", defaultValue = "20", description = "of the other phases (default: ${DEFAULT-VALUE})")
    private int seconds;

    @Option(
            names = "--rate",
            defaultValue = "50",
            description = "interactive requests per second (default: ${DEFAULT-VALUE})")
    private double perSecond;

    @Override
    int measure(Mesh mesh, BundledModel model, Report report) throws Exception {
        List<Text> texts = Texts.logUniform(TEXTS, 8, 256, seed(), model::tokens);
        Target direct = DirectTarget.single(model, texts);
        try (GrpcTarget interactive =
                        new GrpcTarget(mesh.gateway(), Requests.of(Texts.sentences(model::tokens), 1), CONNECTIONS);
                BatchClient client = new BatchClient(mesh)) {
            warmUp(List.of(direct, interactive), report);
            report.progress("direct");
            int cores = Runtime.getRuntime().availableProcessors();
            ClosedLoop.Result limit = ClosedLoop.run(direct, cores, Duration.ofSeconds(seconds));
            batches(client, texts, limit.rowsPerSecond(), report);
            beside(client, texts, interactive, report);
        }
        return 0;
    }

    private void batches(BatchClient client, List<Text> texts, double direct, Report report) throws Exception {
        Table table = new Table(
                "batches",
                "rows",
                "seconds",
                "rows/s",
                "of direct",
                "failed",
                "largest resident MB of embedding-service");
        table.row("direct", seconds, direct, 1.0, 0, Double.NaN);
        for (int count : rows) {
            report.progress("a batch of %d rows", count);
            Path file = input(texts, count);
            BatchClient.Finished finished = client.run(file);
            Files.delete(file);
            table.row(
                    count,
                    finished.seconds(),
                    count / finished.seconds(),
                    count / finished.seconds() / direct,
                    finished.failed(),
                    finished.residentMegabytes());
        }
        report.add(table);
        report.note(
                "Seconds are those from the answer to POST /v1/batches to its completion; direct computes the same texts one per run, on as many"
                        + " threads as cores.");
    }

    private Path input(List<Text> texts, int count) throws Exception {
        Path file = Files.createTempFile("weft-bench", ".jsonl");
        BatchClient.write(file, count, row -> texts.get(row % texts.size()).value());
        return file;
    }

    /** The interactive load alone, and beside a batch that is larger than the time and is cancelled in the end. */
    private void beside(BatchClient client, List<Text> texts, GrpcTarget interactive, Report report) throws Exception {
        report.progress("interactive alone");
        OpenLoop.Result alone = load(interactive);
        report.progress("interactive beside a batch");
        Path file = input(texts, 100 * (seconds + 10) * Runtime.getRuntime().availableProcessors() * 10);
        String batch = client.submit(file);
        client.awaitProgress(batch);
        OpenLoop.Result both = load(interactive);
        double progress = client.rowsPerSecond(batch);
        client.cancel(batch);
        Files.delete(file);
        Table table = new Table("interactive", "phase", "offered", "OK", "p50 ms", "p99 ms", "p99 of alone");
        add(table, "alone", alone, alone);
        add(table, "beside a batch", both, alone);
        report.add(table);
        report.note(
                "Open loop, %.0f requests/s of one text; the batch went on at %.0f rows/s; lag of the generator p99 %.1f ms.",
                perSecond, progress, both.lag().millisAt(99));
    }

    private OpenLoop.Result load(GrpcTarget target) throws InterruptedException {
        Load load = new Load(perSecond, seed(), LEAD_IN, Duration.ofSeconds(seconds), TIMEOUT, MAX_OUTSTANDING);
        return new OpenLoop(OpenLoop.Clock.SYSTEM).run(target, load);
    }

    private static void add(Table table, String phase, OpenLoop.Result result, OpenLoop.Result alone) {
        table.row(
                phase,
                result.offered(),
                result.count(Outcome.OK),
                result.latencies().millisAt(50),
                result.latencies().millisAt(99),
                result.latencies().millisAt(99) / alone.latencies().millisAt(99));
    }
}
