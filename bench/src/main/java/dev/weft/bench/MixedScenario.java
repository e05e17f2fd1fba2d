package dev.weft.bench;

import dev.weft.bench.ClosedLoop.Result;
import dev.weft.bench.ClosedLoop.Rounds;
import dev.weft.bench.Report.Table;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What texts of mixed length, one or many per request, cost beside computing them directly. */
@Command(
        name = "mixed",
        mixinStandardHelpOptions = true,
        description = "Texts of 8 to 256 tokens, log-uniform, in requests of 1, 8 and 64, closed loop.")
final class MixedScenario extends MeshScenario {

    private static final List<Integer> ROWS = List.of(1, 8, 64);
    private static final int TEXTS = 512;
    private static final int SHORTEST_TOKENS = 8;
    private static final int LONGEST_TOKENS = 256;

    @Option(names = "--concurrency", defaultValue = "32", description = "clients (default: ${DEFAULT-VALUE})")
    private int clients;

    @Option(
            names = "--seconds",
            defaultValue = "10",
            description = "measured for each target and number of rows (default: ${DEFAULT-VALUE})")
    private int seconds;

    @Option(
            names = "--rounds",
            defaultValue = "3",
            description = "into which those seconds are cut, targets taking turns (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Override
    int measure(Mesh mesh, BundledModel model, Report report) throws Exception {
        List<Text> texts = Texts.logUniform(TEXTS, SHORTEST_TOKENS, LONGEST_TOKENS, seed(), model::tokens);
        report.put(
                "tokensPerText", texts.stream().mapToInt(Text::tokens).average().orElseThrow());
        DirectTarget direct = DirectTarget.single(model, texts);
        Table table = new Table(
                "mixed", "target", "texts per request", "requests/s", "tokens/s", "of direct", "p50 ms", "p99 ms");
        for (int rows : ROWS) {
            List<Requests.Prepared> requests = Requests.of(texts, rows);
            try (GrpcTarget inference = new GrpcTarget(mesh.inference(), requests);
                    GrpcTarget gateway = new GrpcTarget(mesh.gateway(), requests)) {
                List<Target> targets = List.of(direct, inference, gateway);
                if (rows == ROWS.getFirst()) {
                    warmUp(targets, report);
                }
                report.progress("%d texts per request", rows);
                List<Result> results = ClosedLoop.interleaved(targets, clients, Rounds.of(rounds, seconds));
                for (int i = 0; i < results.size(); i++) {
                    Result result = results.get(i);
                    table.row(
                            targets.get(i).label(),
                            targets.get(i).rows(),
                            result.requestsPerSecond(),
                            result.tokensPerSecond(),
                            result.tokensPerSecond() / results.getFirst().tokensPerSecond(),
                            result.latencies().millisAt(50),
                            result.latencies().millisAt(99));
                    noteFailures(report, targets.get(i), result);
                }
            }
        }
        report.add(table);
        report.note(
                "%d clients, seed %d; direct computes the same texts one per run, on as many threads as cores.",
                clients, seed());
        return 0;
    }
}
