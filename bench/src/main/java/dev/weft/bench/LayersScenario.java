package dev.weft.bench;

import ai.onnxruntime.OrtException;
import dev.weft.bench.ClosedLoop.Result;
import dev.weft.bench.ClosedLoop.Rounds;
import dev.weft.bench.Report.Table;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What each layer costs: ONNX Runtime called directly, inference-service, and the gateway over gRPC and REST. */
@Command(
        name = "layers",
        mixinStandardHelpOptions = true,
        description = "One text per request at each layer, closed loop, against ONNX Runtime called directly.")
final class LayersScenario extends MeshScenario {

    private static final List<Integer> BATCH_SIZES = List.of(1, 2, 4, 8, 16, 32, 64);

    @Option(
            names = "--concurrency",
            split = ",",
            defaultValue = "1,8,32",
            description = "clients (default: ${DEFAULT-VALUE})")
    private List<Integer> concurrencies = List.of();

    @Option(
            names = "--seconds",
            defaultValue = "5",
            description = "measured for each target and number of clients (default: ${DEFAULT-VALUE})")
    private int seconds;

    @Option(
            names = "--rounds",
            defaultValue = "5",
            description = "into which those seconds are cut, targets taking turns (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Override
    int measure(Mesh mesh, BundledModel model, Report report) throws Exception {
        List<Text> texts = Texts.sentences(model::tokens);
        List<Requests.Prepared> requests = Requests.of(texts, 1);
        DirectTarget direct = DirectTarget.single(model, texts);
        try (GrpcTarget inferenceGrpc = new GrpcTarget(mesh.inference(), requests);
                GrpcTarget gatewayGrpc = new GrpcTarget(mesh.gateway(), requests);
                RestTarget gatewayRest = new RestTarget(mesh.gateway(), texts)) {
            warmUp(List.of(direct, inferenceGrpc, gatewayGrpc, gatewayRest), report);
            DirectTarget batched = DirectTarget.batched(model, texts, bestBatchSize(model, texts, report));
            noteDistance(model, texts, batched.rows(), report);
            compare(List.of(direct, batched, inferenceGrpc, gatewayGrpc, gatewayRest), report);
        }
        return 0;
    }

    private int bestBatchSize(BundledModel model, List<Text> texts, Report report) throws InterruptedException {
        report.progress("direct, batches of %s", BATCH_SIZES);
        List<DirectTarget> targets = BATCH_SIZES.stream()
                .map(size -> DirectTarget.batched(model, texts, size))
                .toList();
        int cores = Runtime.getRuntime().availableProcessors();
        List<Result> results = ClosedLoop.interleaved(targets, cores, Rounds.of(rounds, seconds));
        Table table = new Table("ONNX Runtime by batch size", "texts per run", "texts/s", "of one per run");
        int best = 0;
        for (int i = 0; i < results.size(); i++) {
            double perSecond = results.get(i).rowsPerSecond();
            table.row(
                    BATCH_SIZES.get(i),
                    perSecond,
                    perSecond / results.getFirst().rowsPerSecond());
            best = perSecond > results.get(best).rowsPerSecond() ? i : best;
        }
        report.add(table);
        report.note("%d threads, one per run; texts of similar length share a run.", cores);
        report.put("bestBatchSize", BATCH_SIZES.get(best));
        return BATCH_SIZES.get(best);
    }

    /** Dynamic quantisation takes one scale for a whole run, so neighbours change a vector: docs/decisions/0001. */
    private static void noteDistance(BundledModel model, List<Text> texts, int rows, Report report)
            throws OrtException {
        double worst = 1;
        double sum = 0;
        int count = 0;
        for (List<Text> batch : DirectTarget.batches(texts, rows)) {
            float[][] together = model.embed(model.encode(batch));
            for (int i = 0; i < batch.size(); i++) {
                float[] alone = model.embed(model.encode(List.of(batch.get(i))))[0];
                double cosine = BundledModel.cosine(alone, together[i]);
                worst = Math.min(worst, cosine);
                sum += cosine;
                count++;
            }
        }
        report.put("cosineOfBatchesMean", sum / count);
        report.put("cosineOfBatchesWorst", worst);
        report.note(
                "Batches of %d compute other vectors than one text per run, since the model quantises a run as a whole:"
                        + " cosine %.4f on average, %.4f at worst.",
                rows, sum / count, worst);
    }

    private void compare(List<Target> targets, Report report) throws InterruptedException {
        Table table = new Table(
                "layers",
                "target",
                "clients",
                "texts/s",
                "p50 ms",
                "p99 ms",
                "of direct",
                "of batches",
                "p50 over direct ms");
        for (int clients : concurrencies) {
            report.progress("%d clients", clients);
            List<Result> results = ClosedLoop.interleaved(targets, clients, Rounds.of(rounds, seconds));
            double directMillis = results.get(0).latencies().millisAt(50);
            for (int i = 0; i < results.size(); i++) {
                Result result = results.get(i);
                double millis = result.latencies().millisAt(50);
                table.row(
                        targets.get(i).label(),
                        clients,
                        result.rowsPerSecond(),
                        millis,
                        result.latencies().millisAt(99),
                        result.rowsPerSecond() / results.get(0).rowsPerSecond(),
                        result.rowsPerSecond() / results.get(1).rowsPerSecond(),
                        clients == 1 && targets.get(i).rows() == 1 ? millis - directMillis : Double.NaN);
                noteFailures(report, targets.get(i), result);
            }
        }
        report.add(table);
        report.note(
                "Direct has one thread for each client, at most one for each of the %d cores; its latency of batches is a"
                        + " run's.",
                Runtime.getRuntime().availableProcessors());
    }
}
